import { chmod, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '@sandfleet/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ask, askForSocket, guardedServer, PUBLIC_KEY } from './auth/fixtures.ts';
import { claimSocket, defaultSocketPath, listenLocally } from './local-socket.ts';

const log = createLogger({ name: 'test', level: 'silent' });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-socket-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const PATIENCE = { timeout: 20_000, interval: 20 };
const guarded = { JWT_PUBLIC_KEY: PUBLIC_KEY };

describe('the local socket', () => {
  it('lets programs in without a credential, to calls and sockets alike, and ends with the server', async () => {
    const path = join(folder, 'mine', 'runtime.sock');
    const server = await guardedServerAt(path);
    expect((await lstat(join(folder, 'mine'))).mode & 0o777).toBe(0o700);
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
    for (const [method, url] of [
      ['GET', '/v1/sandbox'],
      ['POST', '/v1/shell/exec'],
    ] as const)
      expect((await ask(path, { method, path: url })).text).toContain('{"kind":"local","mode":"control"}');
    expect((await askForSocket(path, { path: '/v1/shell/ws' })).text).toContain('"kind":"local"');
    expect((await askForSocket(path, { path: '/v1/shell/ws', headers: ['Origin: http://evil.example'] })).status).toBe(403);
    // The same server asks for one by TCP.
    expect((await ask(await server.port(), { path: '/v1/sandbox' })).status).toBe(401);
    await server[Symbol.asyncDispose]();
    expect(await readdir(join(folder, 'mine'))).toEqual([]);
  });

  it('comes back after somebody has tidied up, folder and all', async () => {
    const path = join(folder, 'mine', 'runtime.sock');
    await using _ = await guardedServerAt(path, 20);
    for (let turn = 0; turn < 2; turn += 1) {
      await rm(join(folder, 'mine'), { recursive: true });
      await expect.poll(() => ask(path, { path: '/v1/sandbox' }).catch(() => undefined), PATIENCE).toMatchObject({ status: 200 });
      expect((await lstat(join(folder, 'mine'))).mode & 0o777).toBe(0o700);
    }
  });

  it('takes the place of one that was left behind', async () => {
    const path = join(folder, 'runtime.sock');
    await leaveSocketAt(path);
    expect((await lstat(path)).isSocket()).toBe(true);
    await using _ = await guardedServerAt(path);
    expect((await ask(path, { path: '/v1/sandbox' })).status).toBe(200);
  });

  it('is left to the runtime that answers there', async () => {
    const path = join(folder, 'runtime.sock');
    await using _ = await guardedServerAt(path);
    expect(await claimSocket(path, log)).toBeUndefined();
    expect((await ask(path, { path: '/v1/sandbox' })).status).toBe(200);
  });

  const places: readonly [string, () => Promise<string>][] = [
    [
      'a file is at its path',
      async () => {
        await writeFile(join(folder, 'file'), 'mine');
        return join(folder, 'file');
      },
    ],
    [
      'its directory is a link',
      async () => {
        await mkdir(join(folder, 'real'));
        await symlink(join(folder, 'real'), join(folder, 'link'));
        return join(folder, 'link', 'runtime.sock');
      },
    ],
    [
      'its directory is a file',
      async () => {
        await writeFile(join(folder, 'file'), 'mine');
        return join(folder, 'file', 'runtime.sock');
      },
    ],
    ['its path is too long', async () => join(folder, 'x'.repeat(100), 'runtime.sock')],
  ];
  it.for(places)('is not there where %s, and the sandbox starts all the same', async ([, place]) => {
    expect(await claimSocket(await place(), log)).toBeUndefined();
  });

  it('closes its directory to others', async () => {
    await chmod(folder, 0o755);
    expect(await claimSocket(join(folder, 'runtime.sock'), log)).toBeDefined();
    expect((await lstat(folder)).mode & 0o777).toBe(0o700);
  });

  it('is in the runtime directory of the user, or in one under /tmp', () => {
    expect(defaultSocketPath({ XDG_RUNTIME_DIR: '/run/user/1000' }, 1000)).toBe('/run/user/1000/sandfleet/runtime.sock');
    for (const env of [{}, { XDG_RUNTIME_DIR: '' }, { XDG_RUNTIME_DIR: 'here' }])
      expect(defaultSocketPath(env, 1000)).toBe('/tmp/sandfleet-1000/runtime.sock');
  });
});

describe('loopback', () => {
  const trusted = { ...guarded, LOOPBACK_ACCESS: 'trusted' };
  const requests: readonly [string, readonly string[], number][] = [
    ['by its number', ['Host: 127.0.0.1:8080'], 200],
    ['by its name', ['Host: localhost'], 200],
    ['by its number of IPv6', ['Host: [::1]:8080'], 200],
    ['under a name that was rebound', ['Host: evil.example'], 401],
    ['under a name that begins alike', ['Host: localhost.evil.example'], 401],
    ['under two names', ['Host: localhost', 'Host: localhost'], 401],
    ['under another number', ['Host: 127.0.0.2'], 401],
    ['by a page', ['Host: localhost', 'Origin: http://localhost'], 401],
    ['by an opaque page', ['Host: localhost', 'Origin: null'], 401],
    ['by an image on a page', ['Host: 127.0.0.1', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'], 401],
    ['by a link on a page', ['Host: 127.0.0.1', 'Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate'], 401],
    ['by a link on an old page', ['Host: 127.0.0.1', 'Referer: http://evil.example/'], 401],
    ['by a proxy', ['Host: localhost', 'X-Forwarded-For: 203.0.113.1'], 401],
    ['by a proxy that says little', ['Host: localhost', 'X-Forwarded-Proto: http'], 401],
    ['by a proxy that follows the standard', ['Host: localhost', 'Forwarded: for=203.0.113.1'], 401],
    ['by a proxy of another kind', ['Host: localhost', 'X-Real-IP: 203.0.113.1'], 401],
    ['by a proxy that names itself', ['Host: localhost', 'Via: 1.1 squid'], 401],
    ['as a preview', ['Host: localhost', 'x-aio-proxy-port: 3000'], 401],
    ['with a credential that is none', ['Host: localhost', 'Authorization: Bearer x'], 401],
  ];
  it.for(requests)('that is trusted, %s, is a %3$i', async ([, headers, status]) => {
    await using server = await guardedServer(trusted);
    const port = await server.port();
    expect((await ask(port, { path: '/v1/sandbox', headers })).status).toBe(status);
    expect((await ask(port, { path: `/v1/sandbox?ticket=x`, headers })).status).toBe(401);
  });

  it('is not trusted by itself, nor is what only says that it is loopback', async () => {
    await using server = await guardedServer(guarded);
    expect((await ask(await server.port(), { path: '/v1/sandbox', headers: ['Host: localhost'] })).status).toBe(401);
    await using other = await guardedServer(trusted);
    const inject = { url: '/v1/sandbox', headers: { host: 'localhost' }, remoteAddress: '127.0.0.1' };
    expect((await other.app.inject(inject)).statusCode).toBe(401);
  });
});

/** A guarded server that a program finds at `path`. */
async function guardedServerAt(path: string, lookMs?: number) {
  const claimed = await claimSocket(path, log);
  const server = await guardedServer(guarded, log, async (app) => {
    if (claimed !== undefined) await listenLocally(app, claimed, lookMs);
  });
  return server;
}

/** As a runtime leaves it that was killed. */
async function leaveSocketAt(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.tmp`, resolve));
  await (await import('node:fs/promises')).link(`${path}.tmp`, path);
  await new Promise((resolve) => server.close(resolve));
}
