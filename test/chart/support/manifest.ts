/** The parts of Kubernetes objects that the tests look at. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
  readonly securityContext: unknown;
  readonly startupProbe?: unknown;
  readonly livenessProbe?: unknown;
  readonly readinessProbe?: unknown;
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly securityContext: unknown;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly topologySpreadConstraints?: readonly { readonly labelSelector: { readonly matchLabels: Record<string, string> } }[];
}

export interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

export interface DeploymentSpec {
  readonly replicas: number;
  readonly selector: { readonly matchLabels: Record<string, string> };
  readonly template: Pod;
}

export interface ServiceSpec {
  readonly type: string;
  readonly selector: Record<string, string>;
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly targetPort: string;
    readonly nodePort?: number;
  }[];
}

/** `kind namespace/name`, as it reads in a failure. */
export const nameOf = ({ kind, metadata }: Manifest): string =>
  `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;

export const ofKind = (objects: readonly Manifest[], kind: string): readonly Manifest[] =>
  objects.filter((object) => object.kind === kind);

export function named(objects: readonly Manifest[], kind: string, name: string): Manifest {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name} among ${objects.map(nameOf).join(', ')}`);
  return found;
}

// Casts below: what helm renders has these shapes, and the API server's strict validation in api-server.test.ts proves it.
export const deploymentSpec = (manifest: Manifest): DeploymentSpec => manifest.spec as DeploymentSpec;
export const serviceSpec = (manifest: Manifest): ServiceSpec => manifest.spec as ServiceSpec;

/** Every pod that the objects make, by the name of what makes it. */
export function podsOf(objects: readonly Manifest[]): ReadonlyMap<string, Pod> {
  return new Map(
    objects.flatMap((object): [string, Pod][] => {
      if (object.kind === 'Pod') return [[nameOf(object), object as unknown as Pod]];
      if (object.kind === 'Deployment') return [[nameOf(object), deploymentSpec(object).template]];
      return [];
    }),
  );
}

export function containerOf(objects: readonly Manifest[], component: string): Container {
  const pod = [...podsOf(objects).values()].find(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === component);
  const container = pod?.spec.containers[0];
  if (container === undefined) throw new Error(`no pod of component ${component}`);
  return container;
}

/** The container's variables that have plain values. */
export const environment = (container: Container): Readonly<Record<string, string>> =>
  Object.fromEntries(container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
