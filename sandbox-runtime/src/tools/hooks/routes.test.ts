import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SandboxHook } from '@sandfleet/contract/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';

const URL = '/v1/sandbox/hooks';

describe('/v1/sandbox/hooks', () => {
  it('registers with the published defaults, lists in the order of running, replaces and removes', async () => {
    await using runtime = await testRuntime();
    const first = await runtime.post<SandboxHook>(URL, { name: 'save', command: 'true', event: null, timeout: null });
    expect(first.body.data).toEqual({
      name: 'save',
      event: 'shutdown',
      command: 'true',
      timeout: 10,
      priority: 100,
      source: 'api',
    });
    await runtime.post(URL, { name: 'early', command: 'true', priority: -1 });
    await runtime.post(URL, { name: 'save', command: 'false', timeout: 0.5, priority: 1 });
    const names = async () =>
      (await runtime.call<SandboxHook[]>('GET', `${URL}?event=shutdown`)).body.data.map(({ name }) => name);
    expect(await names()).toEqual(['early', 'save']);
    const removed = await runtime.call<SandboxHook>('DELETE', `${URL}/save`);
    expect([removed.status, removed.body.data.command, removed.body.data.timeout]).toEqual([200, 'false', 0.5]);
    expect(await names()).toEqual(['early']);
    expect((await runtime.call('DELETE', `${URL}/save`)).status).toBe(404);
  });

  const hostile: readonly [string, Record<string, unknown>][] = [
    ['another event', { name: 'a', command: 'true', event: 'start' }],
    ['no name', { command: 'true' }],
    ['an empty name', { name: '', command: 'true' }],
    ['a name with a path', { name: '../a', command: 'true' }],
    ['a name with a line break', { name: 'a\n', command: 'true' }],
    ['a long name', { name: 'a'.repeat(65), command: 'true' }],
    ['no command', { name: 'a' }],
    ['a long command', { name: 'a', command: 'x'.repeat(4097) }],
    ['a command that no process can have', { name: 'a', command: 'true\0' }],
    ['no time', { name: 'a', command: 'true', timeout: 0 }],
    ['endless time', { name: 'a', command: 'true', timeout: 1e9 }],
    ['half a priority', { name: 'a', command: 'true', priority: 1.5 }],
  ];
  it.for(hostile)('refuses %s', async ([, body]) => {
    await using runtime = await testRuntime();
    expect((await runtime.post(URL, body)).status).toBe(422);
  });

  it('refuses another event in the list, and a name that is none', async () => {
    await using runtime = await testRuntime();
    expect((await runtime.call('GET', `${URL}?event=start`)).status).toBe(422);
    expect((await runtime.call('DELETE', `${URL}/a.b`)).status).toBe(422);
  });

  it('keeps the hook of the environment from being changed', async () => {
    await using runtime = await testRuntime({ RUN_HOOK_SHUTDOWN: 'true' });
    const { body } = await runtime.call<SandboxHook[]>('GET', URL);
    expect(body.data).toEqual([
      { name: 'RUN_HOOK_SHUTDOWN', event: 'shutdown', command: 'true', timeout: 20, priority: 100, source: 'env' },
    ]);
    expect((await runtime.call('DELETE', `${URL}/RUN_HOOK_SHUTDOWN`)).status).toBe(409);
    expect((await runtime.post(URL, { name: 'RUN_HOOK_SHUTDOWN', command: 'false' })).status).toBe(409);
  });

  it('takes 64 hooks, and then no other name', async () => {
    await using runtime = await testRuntime();
    for (let i = 0; i < 64; i++) expect((await runtime.post(URL, { name: `h${i}`, command: '' })).status).toBe(200);
    expect((await runtime.post(URL, { name: 'more', command: '' })).status).toBe(409);
    expect((await runtime.post(URL, { name: 'h1', command: 'true' })).status).toBe(200);
  });
});

describe('shutdown hooks', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'hooks-test-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));
  const read = (name: string) => readFile(join(root, name), 'utf8').catch(() => '');

  it('run in the order of their priorities, whatever became of those before', async () => {
    {
      await using runtime = await testRuntime();
      const tell = (word: string, then = '') => `echo ${word} >>${root}/trace; ${then}`;
      await runtime.post(URL, { name: 'last', command: tell('last'), priority: 200 });
      await runtime.post(URL, { name: 'hangs', command: tell('hangs', 'sleep 1000'), priority: 2, timeout: 1 });
      await runtime.post(URL, { name: 'fails', command: tell('fails', 'exit 1'), priority: 1 });
    }
    expect(await read('trace')).toBe('fails\nhangs\nlast\n');
  });

  it('run at the same time when their priorities are equal', async () => {
    {
      await using runtime = await testRuntime();
      // Each waits for the other.
      const meet = (mine: string, other: string) =>
        `touch ${root}/${mine}; until [ -e ${root}/${other} ]; do sleep 0.05; done; echo met >${root}/${mine}`;
      await runtime.post(URL, { name: 'a', command: meet('a', 'b') });
      await runtime.post(URL, { name: 'b', command: meet('b', 'a') });
    }
    expect([await read('a'), await read('b')]).toEqual(['met\n', 'met\n']);
  });

  it('share one time, after which no other begins', async () => {
    {
      await using runtime = await testRuntime({ SHUTDOWN_HOOKS_TIMEOUT_SECONDS: '1' });
      await runtime.post(URL, { name: 'hangs', command: `echo begun >${root}/hangs; sleep 1000`, priority: 1, timeout: 600 });
      await runtime.post(URL, { name: 'late', command: `touch ${root}/late; echo x >${root}/late`, priority: 2 });
    }
    expect([await read('hangs'), await read('late')]).toEqual(['begun\n', '']);
  });

  it('find the sessions that shells are in still open', async () => {
    {
      await using runtime = await testRuntime();
      await runtime.post('/v1/shell/exec', { command: `sleep 1000 & echo $! >${root}/pid; wait`, async_mode: true });
      const command = `until [ -s ${root}/pid ]; do sleep 0.05; done; kill -0 $(cat ${root}/pid) && echo alive >${root}/seen`;
      await runtime.post(URL, { name: 'look', command });
    }
    expect(await read('seen')).toBe('alive\n');
  });
});
