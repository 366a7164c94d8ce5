import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { secrets } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hashApiKey, isApiKey } from '../../../api/src/keys/api-key.ts';
import { bundle } from '../../../hack/bundle.ts';
import { freePorts } from '../../support/child-process.ts';
import { installRelease, type Release } from './support/release.ts';

let bundles: string;
const program = (name: string): string => join(bundles, `${name}.mjs`);

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env } };
    execFile(process.execPath, [program(name), ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

describe('the programs, bundled as the images have them', () => {
  let release: Release;
  beforeAll(async () => {
    bundles = await mkdtemp(join(tmpdir(), 'sandfleet-bundles-'));
    await bundle(bundles);
    release = await installRelease();
  });
  afterAll(async () => {
    await release.remove();
    await rm(bundles, { recursive: true });
  });

  describe('sandfleet-keys', () => {
    const keys = (...args: string[]) =>
      run('keys', args, { KUBECONFIG: release.access.info.kubeconfig, SANDFLEET_NAMESPACE: release.namespace });

    it('makes a key, lists it without its secret, and revokes it', async () => {
      const made = await keys(
        'create',
        '--name',
        'ci',
        '--namespace',
        'team-a',
        '--verbs',
        'sandboxes:get,tokens:create',
        '--ttl',
        '30d',
      );
      expect([made.code, made.stderr]).toEqual([0, '']);
      const key = made.stdout.trimEnd();
      expect(made.stdout).toBe(`${key}\n`);
      expect(isApiKey(key)).toBe(true);

      const secret = await release.admin.get(secrets, { namespace: release.namespace, name: 'sandfleet-api-key-ci' });
      expect(secret.metadata.labels).toEqual({ 'sandfleet.dev/type': 'api-key' });
      expect(Buffer.from(secret.data?.['hash'] ?? '', 'base64').toString()).toBe(hashApiKey(key));
      expect(JSON.stringify(secret)).not.toContain(Buffer.from(key).toString('base64'));

      const listed = await keys('list', '--output', 'json');
      expect(JSON.parse(listed.stdout)).toEqual([
        expect.objectContaining({ name: 'ci', namespace: 'team-a', verbs: ['sandboxes:get', 'tokens:create'], state: 'valid' }),
      ]);
      const table = await keys('list');
      expect(table.stdout).toMatch(
        /^NAME +NAMESPACE +VERBS +CREATED +EXPIRES +STATE\nci +team-a +sandboxes:get,tokens:create .* valid\n$/,
      );
      expect(listed.stdout + table.stdout).not.toContain(key);

      const again = await keys('create', '--name', 'ci', '--namespace', 'team-a');
      expect([again.code, again.stdout]).toEqual([1, '']);
      expect(again.stderr).toBe('sandfleet-keys: there is a key ci already; revoke it first, or choose another name\n');

      expect(await keys('revoke', 'ci')).toEqual({ code: 0, stdout: 'revoked ci\n', stderr: '' });
      const gone = await keys('revoke', 'ci');
      expect([gone.code, gone.stderr]).toEqual([1, `sandfleet-keys: there is no key ci in the namespace ${release.namespace}\n`]);
    });

    it('explains itself, and says what was wrong with the words it was given', async () => {
      const help = await keys('--help');
      expect([help.code, help.stderr]).toEqual([0, '']);
      expect(help.stdout).toContain('usage: sandfleet-keys create');
      const wrong = await keys('create', '--name', 'ci');
      expect([wrong.code, wrong.stdout]).toEqual([2, '']);
      expect(wrong.stderr).toBe('sandfleet-keys: --namespace is missing\nTry sandfleet-keys --help.\n');
    });

    it('fails with a sentence where there is no cluster', async () => {
      const nowhere = await run('keys', ['list'], {});
      expect([nowhere.code, nowhere.stdout]).toEqual([1, '']);
      expect(nowhere.stderr).toMatch(/^sandfleet-keys: no Kubernetes cluster found: [^\n]*\n$/);
      expect((await run('keys', ['--help'], {})).code).toBe(0);
    });
  });

  describe('the api', () => {
    it.for([
      [{}, 'SANDFLEET_NAMESPACE is required'],
      [{ SANDFLEET_NAMESPACE: 'x', PORT: 'eighty' }, 'PORT must be integer'],
      [{ SANDFLEET_NAMESPACE: 'x', SANDFLEET_TICKET_TTL_SECONDS: '61' }, 'SANDFLEET_TICKET_TTL_SECONDS must be <= 60'],
      [{ SANDFLEET_NAMESPACE: 'x', SANDFLEET_GATEWAY_URL: 'gateway.example' }, 'SANDFLEET_GATEWAY_URL must match'],
      [{ SANDFLEET_NAMESPACE: 'x', LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be'],
    ] as const)('does not start with a configuration like %o, and names the variable', async ([env, message]) => {
      const { code, stdout, stderr } = await run('api', [], env);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(message);
      expect(stderr.split('\n')).toHaveLength(2);
    });

    it('serves, and ends with exit code 0 at SIGTERM after its readiness went off', async () => {
      const [port = 0, adminPort = 0] = await freePorts(2);
      const env = {
        PATH: process.env['PATH'],
        KUBECONFIG: release.kubeconfig,
        SANDFLEET_NAMESPACE: release.namespace,
        SANDFLEET_STOP_DELAY_SECONDS: '5',
        HOST: '127.0.0.1',
        PORT: String(port),
        ADMIN_PORT: String(adminPort),
      };
      const child: ChildProcess = spawn(process.execPath, [program('api')], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exit = once(child, 'exit');
      const ready = () =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          ({ status }) => status,
          () => 0,
        );
      await eventually('it is ready', async () => (await ready()) === 200);
      child.kill('SIGTERM');
      // It goes on answering while Services take it out, and says that it wants to be taken out.
      await eventually('readiness is off', async () => (await ready()) === 503);
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
      expect(await exit).toEqual([0, null]);
    });
  });
});
