import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually, kubectl, kubectlJson, ROOT, run, type Listed, type PodView } from './support/cluster.ts';
import { OUTSIDE_PORT, OutsideHost, PRIVATE_ADDRESS, PUBLIC_ADDRESS } from './support/outside-host.ts';
import { TestSandbox } from './support/sandbox.ts';

interface NodeView {
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

/** What a sandbox sees of each target: `open`, `refused` or `blocked`. */
async function reach(from: TestSandbox, targets: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  await from.post('/v1/file/write', {
    file: '/tmp/reach.py',
    content: await readFile(join(ROOT, 'examples/quickstart/reach.py'), 'utf8'),
  });
  const { output } = await from.exec(
    `python3 /tmp/reach.py ${Object.entries(targets)
      .map(([name, address]) => `${name}=${address}`)
      .join(' ')}`,
  );
  return Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => line.trim().split(' ').slice(0, 2) as [string, string]),
  );
}

describe('the network of a sandbox', async () => {
  const provider = (await run('hack/cluster', ['provider'])).stdout.trim();
  const isLocal = provider === 'local';
  if (!isLocal)
    console.log(`skipped: hosts outside the cluster need the local cluster, whose node is this machine (provider: ${provider})`);

  let outside: OutsideHost | undefined;
  let neighbour: TestSandbox;
  const sandboxes: TestSandbox[] = [];
  const sandbox = async (egress?: unknown) => {
    const made = await TestSandbox.create(egress === undefined ? {} : { network: { egress } });
    sandboxes.push(made);
    return made;
  };
  let targets: Record<string, string>;

  beforeAll(async () => {
    neighbour = await sandbox();
    if (isLocal) outside = await OutsideHost.start();
    const [node] = (await kubectlJson<Listed<NodeView>>('get', 'nodes')).items;
    const nodeAddress = node?.status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
    const apiAddress = (await kubectl('get', 'service', 'kubernetes', '-o', 'jsonpath={.spec.clusterIP}')).trim();
    const neighbourAddress = (await kubectlJson<PodView>('get', 'pod', neighbour.id)).status.podIP ?? '';
    targets = {
      itself: '127.0.0.1:8080',
      neighbour: `${neighbourAddress}:8080`,
      kubernetesService: `${apiAddress}:443`,
      kubelet: `${nodeAddress}:10250`,
      apiServer: `${nodeAddress}:6443`,
      nodePort: `${nodeAddress}:30081`,
      metadata: '169.254.169.254:80',
      privateHost: `${PRIVATE_ADDRESS}:${OUTSIDE_PORT}`,
      publicHost: `${PUBLIC_ADDRESS}:${OUTSIDE_PORT}`,
    };
  });
  afterAll(async () => {
    await Promise.all(sandboxes.map((made) => made.delete()));
    await outside?.stop();
  });

  const inside = {
    itself: 'open',
    neighbour: 'blocked',
    kubernetesService: 'blocked',
    kubelet: 'blocked',
    apiServer: 'blocked',
    nodePort: 'blocked',
    metadata: 'blocked',
  };

  it.runIf(isLocal)('by default reaches the internet, and nothing private, of the node, or of other sandboxes', async () => {
    const made = await sandbox();
    expect(await reach(made, targets)).toEqual({ ...inside, privateHost: 'blocked', publicHost: 'open' });
    expect((await made.exec('getent hosts kubernetes.default.svc.cluster.local')).exit_code).toBe(0);
  });

  it.runIf(isLocal)('reaches nothing at all in mode Deny, names included', async () => {
    const made = await sandbox({ mode: 'Deny' });
    expect(await reach(made, targets)).toEqual({ ...inside, privateHost: 'blocked', publicHost: 'blocked' });
    expect((await made.exec('timeout 20 getent hosts kubernetes.default.svc.cluster.local')).exit_code).not.toBe(0);
  });

  it.runIf(isLocal)('reaches just the listed networks in mode Restricted', async () => {
    const made = await sandbox({ mode: 'Restricted', cidrs: [`${PRIVATE_ADDRESS}/32`] });
    expect(await reach(made, targets)).toEqual({ ...inside, privateHost: 'open', publicHost: 'blocked' });
  });

  it.runIf(isLocal)('reaches what the cluster lets it in mode Open, but other sandboxes let nobody in', async () => {
    const made = await sandbox({ mode: 'Open' });
    expect(await reach(made, targets)).toMatchObject({
      itself: 'open',
      neighbour: 'blocked',
      privateHost: 'open',
      publicHost: 'open',
    });
  });

  it.runIf(isLocal)('follows a change of the mode without a restart', async () => {
    const made = await sandbox();
    const pod = await kubectlJson<PodView>('get', 'pod', made.id);
    await kubectl(
      'patch',
      'sandbox',
      made.id,
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { network: { egress: { mode: 'Deny' } } } }),
    );
    const { publicHost = '' } = targets;
    await eventually('the internet is out of reach', async () =>
      (await reach(made, { publicHost }))['publicHost'] === 'blocked' ? true : undefined,
    );
    expect((await kubectlJson<PodView>('get', 'pod', made.id)).metadata.uid).toBe(pod.metadata.uid);
  });

  it('has no credential for Kubernetes', async () => {
    const { output } = await neighbour.exec('ls /var/run/secrets 2>&1; mount | grep -c serviceaccount');
    expect(output).toMatch(/No such file|cannot access/);
    expect(output.trim()).toMatch(/\b0$/);
  });
});
