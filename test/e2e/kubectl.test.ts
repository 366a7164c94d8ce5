import { afterAll, describe, expect, it } from 'vitest';

import { eventually, kubectl, kubectlJson, run, type Listed, type PodView } from './support/cluster.ts';

interface SandboxObject {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: { readonly podName: string; readonly url: string; readonly phase: string };
}

const manifest = (name: string, spec: unknown): string =>
  JSON.stringify({ apiVersion: 'sandfleet.dev/v1alpha1', kind: 'Sandbox', metadata: { name, namespace: 'default' }, spec });

const apply = (name: string, spec: unknown) => run('kubectl', ['apply', '-f', '-'], manifest(name, spec));

describe('kubectl', () => {
  afterAll(async () => {
    await kubectl('delete', 'sandbox', 'demo', 'from-kubectl', '--ignore-not-found', '--wait=true');
  });

  it('makes a sandbox of examples/sandbox.yaml that becomes Ready, with its columns filled', async () => {
    await kubectl('apply', '-f', 'examples/sandbox.yaml');
    await kubectl('wait', 'sandbox/demo', '--for=condition=Ready', '--timeout=240s');
    const wide = await kubectl('get', 'sandboxes', '-o', 'wide');
    const row = wide.split('\n').find((line) => line.startsWith('demo '));
    expect(row).toMatch(/\bReady\b/);
    expect(row).toMatch(/https?:\/\/\S+\/s\/demo\//);
    expect(row).not.toContain('<none>   <none>   <none>   <none>');
  });

  it('makes a sandbox of an empty spec and leaves nothing when it is deleted', async () => {
    expect((await apply('from-kubectl', {})).stderr).toBe('');
    await kubectl('wait', 'sandbox/from-kubectl', '--for=condition=Ready', '--timeout=240s');
    const { metadata } = await kubectlJson<SandboxObject>('get', 'sandbox', 'from-kubectl');
    await kubectl('delete', 'sandbox', 'from-kubectl', 'demo', '--ignore-not-found', '--wait=true');
    const selector = `sandfleet.dev/sandbox-uid=${metadata.uid}`;
    await eventually('everything of it is gone', async () => {
      const { items } = await kubectlJson<Listed<PodView>>('get', 'pods,services,persistentvolumeclaims', '-l', selector);
      return items.length === 0 ? true : undefined;
    });
  });

  it('removes the network policies with the last sandbox that used them', async () => {
    const used = new Set(
      (await kubectlJson<Listed<PodView>>('get', 'pods', '-l', 'sandfleet.dev/network')).items.map(
        ({ metadata }) => metadata.labels['sandfleet.dev/network'],
      ),
    );
    await eventually('only used policies are left', async () => {
      const { items } = await kubectlJson<Listed<PodView>>(
        'get',
        'networkpolicies',
        '-l',
        'app.kubernetes.io/managed-by=sandfleet',
      );
      return items.length <= used.size ? true : undefined;
    });
  });

  it('explains every field', async () => {
    const text = await kubectl('explain', 'sandbox.spec', '--recursive');
    for (const field of [
      'image',
      'resources',
      'env',
      'workspace',
      'network',
      'egress',
      'lifetime',
      'operatingMode',
      'runtimeClassName',
      'service',
    ]) {
      expect(text).toContain(field);
    }
    for (const path of ['spec', 'spec.network.egress', 'spec.workspace', 'spec.lifetime', 'status', 'status.lastTermination']) {
      expect(await kubectl('explain', `sandbox.${path}`)).not.toContain('<no description>');
    }
  });

  const refused: readonly (readonly [string, string, unknown, RegExp])[] = [
    [
      'a variable that would change the runtime',
      'bad',
      { env: [{ name: 'JWT_PUBLIC_KEY', value: 'x' }] },
      /spec\.env.*reserved/s,
    ],
    ['a lifetime, which is not built yet', 'bad', { lifetime: { ttlSeconds: 60 } }, /spec\.lifetime.*not supported/s],
    ['suspension, which is not built yet', 'bad', { operatingMode: 'Suspended' }, /operatingMode.*not supported/s],
    [
      'domains in an egress policy',
      'bad',
      { network: { egress: { mode: 'Restricted', domains: ['example.com'] } } },
      /domains.*not supported/s,
    ],
    ['a CIDR that is none', 'bad', { network: { egress: { mode: 'Restricted', cidrs: ['10.0.0.0/99'] } } }, /cidrs/],
    ['a mode that does not exist', 'bad', { network: { egress: { mode: 'Free' } } }, /mode.*Free/s],
    ['a name that reads as a port', '8080-web', {}, /8080-web|name/],
    ['a field that does not exist', 'bad', { privileged: true }, /privileged/],
  ];
  it.for(refused)('is refused %s, with a sentence that names the field', async ([, name, spec, message]) => {
    const { code, stderr } = await apply(name, spec);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
