import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { secrets } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freePorts } from '../../support/child-process.ts';
import { writeKubeconfig } from '../../support/kube-access.ts';
import { KEYS_SECRET, World } from './support/world.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
}

function start(env: Readonly<Record<string, string>>): Started {
  const args = ['--import', 'tsx', join(ROOT, 'api/src/cmd/gateway.ts')];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += String(data)));
  return { child, output: () => text };
}

describe('the program', () => {
  let world: World;
  let directory: string;
  let kubeconfig: string;
  beforeAll(async () => {
    world = await World.create();
    directory = await mkdtemp(join(tmpdir(), 'sandfleet-gateway-'));
    kubeconfig = join(directory, 'kubeconfig');
    await writeKubeconfig(kubeconfig, { ...world.access.info, token: await world.gatewayToken() });
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
    await world.close();
  });

  it.for([
    [{}, 'SANDFLEET_NAMESPACE'],
    [{ SANDFLEET_NAMESPACE: 'x', PORT: 'http' }, 'PORT'],
    [{ SANDFLEET_NAMESPACE: 'x', SANDFLEET_GATEWAY_URL: 'gateway.example' }, 'SANDFLEET_GATEWAY_URL'],
    [{ SANDFLEET_NAMESPACE: 'x', SANDFLEET_GATEWAY_DOMAIN: '*.example' }, 'SANDFLEET_GATEWAY_DOMAIN'],
  ] as const)('does not start with %j, and names %s', async ([env, name]) => {
    const { child, output } = start(env);
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(2);
    expect(output()).toContain(name);
    expect(output().trim().split('\n')).toHaveLength(1);
  });

  it('is ready when it knows the sandboxes, the pods and the keys, and stops when it is told to', async () => {
    await world.admin.delete(secrets, { name: KEYS_SECRET, namespace: world.release });
    const [port = 0, adminPort = 0] = await freePorts(2);
    const { child, output } = start({
      KUBECONFIG: kubeconfig,
      SANDFLEET_NAMESPACE: world.release,
      SANDFLEET_STOP_DELAY_SECONDS: '1',
      HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
    });
    const admin = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${adminPort}${path}`).catch(() => undefined);
      return answer === undefined ? undefined : `${answer.status} ${await answer.text()}`;
    };
    await eventually(
      'all but the keys are known',
      async () => (await admin('/readyz')) === '503 [+] sandboxes\n[+] pods\n[-] keys\n[+] serving\n',
    );
    await world.rotateKeys();
    await eventually('it is ready', async () => (await admin('/readyz'))?.startsWith('200'));
    expect(await admin('/metrics')).toContain('gateway_requests_total');
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(404);
    const closed = once(child, 'close') as Promise<[number]>;
    child.kill('SIGTERM');
    await eventually('it is not ready any more', async () => (await admin('/readyz'))?.includes('[-] serving'));
    expect((await closed)[0]).toBe(0);
    expect(output()).not.toMatch(/PRIVATE|"d":|eyJ/);
  });
});
