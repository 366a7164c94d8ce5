import { beforeAll, describe, expect, it } from 'vitest';

import { manifests } from './support/helm.ts';
import { containerOf, deploymentSpec, named, ofKind, podsOf, type Manifest, type Pod, type PodSpec } from './support/manifest.ts';
import { scheduling, valueSetNames, valueSets } from './support/value-sets.ts';

const FOUR = ['Deployment operator', 'Deployment api', 'Deployment gateway', 'Pod test'];

describe.for(valueSetNames)('every pod of the chart with %s', (name) => {
  let pods: ReadonlyMap<string, Pod>;
  beforeAll(async () => {
    const byObject = podsOf(await manifests(valueSets[name]));
    pods = new Map(
      [...byObject].map(([title, pod]) => [`${title.split(' ')[0]} ${pod.metadata.labels['app.kubernetes.io/component']}`, pod]),
    );
  });

  const seen = (view: (spec: PodSpec) => unknown) =>
    Object.fromEntries([...pods].map(([title, { spec }]) => [title, view(spec)]));
  const all = (value: unknown) => Object.fromEntries(FOUR.map((title) => [title, value]));

  it('runs as user 1000', () => {
    expect(seen((spec) => spec.securityContext)).toEqual(
      all({ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } }),
    );
  });

  it('has no capability, no way to gain one, and nothing to write to', () => {
    expect(seen(({ containers }) => containers.map(({ securityContext }) => securityContext))).toEqual(
      all([{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } }]),
    );
  });

  it('shares nothing with its node', () => {
    expect(seen(({ hostNetwork, hostPID, hostIPC }) => [hostNetwork, hostPID, hostIPC])).toEqual(
      all([undefined, undefined, undefined]),
    );
    expect(seen(({ volumes = [] }) => volumes.some((volume) => 'hostPath' in volume))).toEqual(all(false));
  });

  it('asks for memory and processor time and has a limit of memory', () => {
    expect(seen(({ containers }) => containers[0]?.resources)).toMatchObject(
      all({ requests: { cpu: expect.any(String), memory: expect.any(String) }, limits: { memory: expect.any(String) } }),
    );
  });
});

describe('the Deployments', () => {
  let objects: readonly Manifest[];
  beforeAll(async () => {
    objects = await manifests();
  });

  it('start the entry point of their component and are probed on the admin port', () => {
    for (const component of ['operator', 'api', 'gateway']) {
      const container = containerOf(objects, component);
      expect(container.command).toEqual(['node', '--max-semi-space-size=8', `/app/${component}.mjs`]);
      expect(container.startupProbe).toMatchObject({ httpGet: { path: '/healthz', port: 'admin' } });
      expect(container.livenessProbe).toMatchObject({ httpGet: { path: '/healthz', port: 'admin' } });
      expect(container.readinessProbe).toMatchObject({ httpGet: { path: '/readyz', port: 'admin' } });
      expect(container.ports).toEqual([
        ...(component === 'operator' ? [] : [{ name: 'http', containerPort: 8080 }]),
        { name: 'admin', containerPort: 8081 },
      ]);
    }
  });

  it('replace pods without a gap', () => {
    for (const deployment of ofKind(objects, 'Deployment'))
      expect(deployment.spec).toMatchObject({
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      });
  });

  it('spread pods by the selector of their own component unless told otherwise', async () => {
    const own = { matchLabels: { example: 'label' } };
    const constraint = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' };
    const objects = await manifests({
      gateway: { topologySpreadConstraints: [constraint, { ...constraint, labelSelector: own }] },
    });
    const { selector, template } = deploymentSpec(named(objects, 'Deployment', 'sandfleet-gateway'));
    expect(template.spec.topologySpreadConstraints).toEqual([
      { ...constraint, labelSelector: selector },
      { ...constraint, labelSelector: own },
    ]);
  });

  it('hand on the options of every component', async () => {
    const all = await manifests(valueSets.everything);
    for (const deployment of ofKind(all, 'Deployment')) {
      const { template } = deploymentSpec(deployment);
      const { nodeSelector, tolerations, affinity, priorityClassName, extraEnv, podAnnotations } = scheduling;
      expect(template.spec).toMatchObject({
        nodeSelector,
        tolerations,
        affinity,
        priorityClassName,
        imagePullSecrets: [{ name: 'registry' }],
      });
      expect(template.spec.containers[0]?.env).toEqual(expect.arrayContaining([...extraEnv]));
      expect(template.metadata).toMatchObject({ annotations: podAnnotations });
    }
    expect(ofKind(all, 'PodDisruptionBudget')).toHaveLength(3);
  });
});
