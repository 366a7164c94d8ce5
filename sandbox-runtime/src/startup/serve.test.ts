import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger, loadConfig } from '@sandfleet/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ConfigSchema } from '../config.ts';
import { eventually } from '../tools/shell/fixtures.ts';
import { serve } from './serve.ts';

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('serve()', () => {
  let root: string;
  let port: number;
  let controller: AbortController;
  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'serve-test-')));
    await mkdir(join(root, 'skel'));
    port = await closedPort();
    controller = new AbortController();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const start = (given: Readonly<Record<string, string>>) => {
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: join(root, 'home'),
      WORKSPACE: join(root, 'home/work'),
      HOST: '127.0.0.1',
      PUBLIC_PORT: String(port),
      TRACE: join(root, 'trace'),
      ...given,
    };
    const config = loadConfig(ConfigSchema, env);
    const log = createLogger({ name: 'test', level: 'silent' });
    return serve({ config, env, log, signal: controller.signal, skeleton: join(root, 'skel') });
  };
  const trace = async () => (await readFile(join(root, 'trace'), 'utf8').catch(() => '')).trim().split('\n');
  const ping = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/ping`).catch(() => undefined);
    return answer === undefined ? undefined : { status: answer.status, retryAfter: answer.headers.get('retry-after') };
  };

  it('runs the hooks in their order around home, server and readiness, and the shutdown hook at last', async () => {
    const tell = (word: string) =>
      `echo "${word} $(test -d "$WORKSPACE" && echo home) $(curl -s localhost:${port}/v1/ping)" >>"$TRACE"`;
    const served = start({
      RUN_HOOK_INIT: tell('init'),
      RUN_HOOK_PRE_SERVICES: tell('pre'),
      RUN_HOOK_POST_READY: tell('post'),
      RUN_HOOK_SHUTDOWN: tell('shutdown'),
    });
    await eventually('the last of the start', async () => (await trace()).length === 3);
    controller.abort();
    await served;
    expect((await trace()).map((line) => line.trimEnd())).toEqual(['init', 'pre home', 'post home pong', 'shutdown home pong']);
    expect(await ping()).toBeUndefined();
  });

  it('is ready without a service of WARM_SERVICES that takes longer than the start may', async () => {
    const editor = join(root, 'editor');
    await writeFile(editor, '#!/bin/bash\nexec sleep 4009\n', { mode: 0o755 });
    const served = start({
      WARM_SERVICES: 'code-server',
      WARM_SERVICES_REQUIRED: 'true',
      SANDFLEET_CODE_SERVER: editor,
      SERVICE_START_SECONDS: '3600',
      STARTUP_TIMEOUT_SECONDS: '1',
    });
    await eventually('readiness', async () => (await ping())?.status === 200);
    controller.abort();
    await served;
  });

  it('answers 503 on the probe, and all else, until the ports of WAIT_PORTS are open', async () => {
    const awaited = await closedPort();
    const served = start({ WAIT_PORTS: `8079, ${awaited}` });
    await eventually('the server', async () => (await ping()) !== undefined);
    expect(await ping()).toEqual({ status: 503, retryAfter: '1' });
    expect((await fetch(`http://127.0.0.1:${port}/v1/sandbox/hooks`)).status).toBe(200);
    const service = createServer().listen(awaited, '127.0.0.1');
    await eventually('readiness', async () => (await ping())?.status === 200);
    service.close();
    controller.abort();
    await served;
  });

  it('starts in spite of hooks that fail or hang and of ports that stay closed', async () => {
    const served = start({
      RUN_HOOK_INIT: 'exit 7',
      RUN_HOOK_PRE_SERVICES: 'sleep 1000',
      STARTUP_TIMEOUT_SECONDS: '1',
      WAIT_PORTS: String(await closedPort()),
    });
    await eventually('readiness', async () => (await ping())?.status === 200);
    controller.abort();
    await served;
  });

  const strict: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
    ['a first hook that fails', { RUN_HOOK_INIT: 'exit 7' }, /RUN_HOOK_INIT failed/],
    ['a second hook that hangs', { RUN_HOOK_PRE_SERVICES: 'sleep 1000', RUN_HOOK_TIMEOUT_SECONDS: '1' }, /RUN_HOOK_PRE_SERVICES/],
    ['a port that stays closed', { WAIT_PORTS: '1', STARTUP_TIMEOUT_SECONDS: '1' }, /ports 1 of WAIT_PORTS/],
  ];
  it.for(strict)('ends with RUN_HOOK_STRICT at %s', async ([, env, message]) => {
    await expect(start({ ...env, RUN_HOOK_STRICT: 'true' })).rejects.toThrow(message);
    expect(await ping()).toBeUndefined();
  });

  it('stops in the middle of a hook', async () => {
    const served = start({ RUN_HOOK_INIT: 'echo begun >"$TRACE"; sleep 1000' });
    await eventually('the hook', async () => (await trace())[0] === 'begun');
    controller.abort(new Error('stop'));
    await expect(served).rejects.toThrow('stop');
  });

  it('lets a hook after the start fail', async () => {
    await writeFile(join(root, 'trace'), '');
    const served = start({ RUN_HOOK_POST_READY: 'echo begun >"$TRACE"; exit 1', RUN_HOOK_STRICT: 'true' });
    await eventually('the hook', async () => (await trace())[0] === 'begun');
    expect((await ping())?.status).toBe(200);
    controller.abort();
    await served;
  });
});
