import { createHash } from 'node:crypto';

import {
  ANNOTATIONS,
  CONTAINER_NAME,
  HOME_DIRECTORY,
  LABELS,
  RUNTIME_PORT,
  RUNTIME_PORT_NAME,
  RUNTIME_UID,
  type Sandbox,
} from '@sandfleet/crds';
import { controllerReference, type Pod } from '@sandfleet/kube';

import { childLabels, claimName, nameOf, namespaceOf } from './names.ts';
import type { PodKey, SandboxSettings } from './observed.ts';
import { podEnv } from './pod-env.ts';
import { podResources } from './pod-resources.ts';

const SHARED_MEMORY = '256Mi';

export interface PodInputs {
  readonly settings: SandboxSettings;
  readonly podKey: PodKey;
  /** Value of the label that puts the pod under its network policy. */
  readonly network: string;
}

/**
 * The pod of a sandbox, from its first field to its last: nothing is copied that is not named here.
 *
 * /tmp is a plain directory of the container: it is then empty after every restart, with no lock or socket of a process that
 * died, has the sticky bit of the image, and counts against the limit of ephemeral storage all the same.
 */
export function buildPod(sandbox: Sandbox, { settings, podKey, network }: PodInputs): Pod {
  const { spec } = sandbox;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: nameOf(sandbox),
      namespace: namespaceOf(sandbox),
      labels: podLabels(sandbox, network),
      annotations: { [ANNOTATIONS.specHash]: specHash(sandbox), [ANNOTATIONS.podKey]: podKey.kid },
      ownerReferences: [controllerReference(sandbox)],
    },
    spec: {
      hostname: nameOf(sandbox),
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(spec.runtimeClassName === undefined ? {} : { runtimeClassName: spec.runtimeClassName }),
      ...(spec.priorityClassName === undefined ? {} : { priorityClassName: spec.priorityClassName }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: RUNTIME_UID,
        runAsGroup: RUNTIME_UID,
        fsGroup: RUNTIME_UID,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [container(sandbox, settings, podKey)],
      volumes: volumes(sandbox),
    },
  };
}

export const podLabels = (sandbox: Sandbox, network: string): Record<string, string> => ({
  ...childLabels(sandbox),
  [LABELS.network]: network,
});

/** Hash of what the pod is made from and cannot follow later; a pod that an orphaning delete left behind is known by it. */
export function specHash({ spec }: Sandbox): string {
  const { image, resources, env, workspace, runtimeClassName, priorityClassName } = spec;
  const parts = [image, resources, env, workspace?.size, runtimeClassName, priorityClassName].map((part) => part ?? null);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

function container(sandbox: Sandbox, settings: SandboxSettings, podKey: PodKey) {
  const { image, resources } = sandbox.spec;
  return {
    name: CONTAINER_NAME,
    ...(image === undefined ? { image: settings.runtimeImage, imagePullPolicy: settings.runtimeImagePullPolicy } : { image }),
    env: [...podEnv(sandbox, podKey)],
    ports: [{ name: RUNTIME_PORT_NAME, containerPort: RUNTIME_PORT, protocol: 'TCP' }],
    resources: podResources(resources),
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // A sandbox at its CPU limit answers late and is not dead: the liveness probe waits for a minute and a half of silence.
    startupProbe: probe({ periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 120 }),
    readinessProbe: probe({ periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 }),
    livenessProbe: probe({ periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 6 }),
    volumeMounts: [
      { name: 'home', mountPath: HOME_DIRECTORY },
      { name: 'shared-memory', mountPath: '/dev/shm' },
    ],
  };
}

const probe = (timing: { periodSeconds: number; timeoutSeconds: number; failureThreshold: number }) => ({
  httpGet: { path: '/v1/ping', port: RUNTIME_PORT_NAME },
  ...timing,
});

function volumes(sandbox: Sandbox) {
  const scratch = podResources(sandbox.spec.resources).limits['ephemeral-storage'];
  const home =
    sandbox.spec.workspace === undefined
      ? { emptyDir: { sizeLimit: scratch } }
      : { persistentVolumeClaim: { claimName: claimName(nameOf(sandbox)) } };
  return [
    { name: 'home', ...home },
    { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: SHARED_MEMORY } },
  ];
}
