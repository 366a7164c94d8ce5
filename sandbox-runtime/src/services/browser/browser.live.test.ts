import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createLogger, loadConfig } from '@sandfleet/server-kit';
import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { childEnvironment, ConfigSchema } from '../../config.ts';
import { createServices } from '../create-services.ts';
import { processesWith } from '../fixtures.ts';
import type { Services } from '../service.ts';

const DISPLAY = 40;
const DEVTOOLS = 24_001;
const DESKTOP = fileURLToPath(new URL('../../../image/desktop', import.meta.url));
const WAIT = { timeout: 60_000, interval: 20 };

let home = '';
let services: Services;
let pages: Server;
let site = '';

const createFor = (more: Readonly<Record<string, string>> = {}): Services => {
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    SANDFLEET_DISPLAY: String(DISPLAY),
    BROWSER_REMOTE_DEBUGGING_PORT: String(DEVTOOLS),
    SANDFLEET_DESKTOP_DIR: DESKTOP,
    BROWSER_LANG: 'de-DE,de;q=0.9',
    ...more,
  };
  const config = loadConfig(ConfigSchema, env);
  return createServices({ config, env: childEnvironment(env, config), log: createLogger({ name: 'test', level: 'silent' }) });
};

interface Answer {
  readonly status: number;
  readonly body: string;
}

const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: DEVTOOLS, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.once('upgrade', (_, socket) => (socket.destroy(), resolve({ status: 101, body: '' })));
    asked.once('error', reject);
    asked.end();
  });

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'live-')));
  services = createFor();
  pages = createServer((asked, answer) => {
    if (asked.url === '/file') answer.setHeader('content-disposition', 'attachment; filename="report.txt"').end('contents');
    else answer.setHeader('content-type', 'text/html').end('<title>page</title><a href="/file">get</a>');
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  const address = pages.address();
  site = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});

afterAll(async () => {
  await services.close();
  pages.close();
  await rm(home, { recursive: true, force: true });
});

const connected = async <T>(use: (page: Page) => Promise<T>): Promise<T> => {
  const connection = await chromium.connectOverCDP(`http://127.0.0.1:${DEVTOOLS}`);
  try {
    const [page] = connection.contexts()[0]?.pages() ?? [];
    if (page === undefined) throw new Error('there is no page');
    return await use(page);
  } finally {
    await connection.close();
  }
};

describe('the browser on its screen', () => {
  it('comes up with one page that fills the screen, in the language that was asked for', async () => {
    const lease = await services.get('browser').lease();
    expect(services.get('screen').state()).toBe('running');
    expect(existsSync(services.ports.vnc)).toBe(true);
    const seen = await connected((page) =>
      page.evaluate('({ width: outerWidth, screen: screen.width, languages: navigator.languages, url: location.href })'),
    );
    expect(seen).toEqual({ width: 1280, screen: 1280, languages: ['de-DE', 'de'], url: 'about:blank' });
    lease.release();
  });

  it('shows no pages but those of its tabs to who debugs it', async () => {
    // The list has one type for each target.
    const types = [...(await get('/json/list')).body.matchAll(/"type": "(\w+)"/g)].map(([, type]) => type);
    expect(types).toEqual(['page']);
  });

  it.for<[string, string, Readonly<Record<string, string>>, number]>([
    ['a client of the sandbox', '/json/version', {}, 200],
    ['a name that was bound to this address', '/json/version', { host: 'evil.example' }, 500],
  ])('answers %s as it should', async ([, path, headers, status]) => {
    expect((await get(path, headers)).status).toBe(status);
  });

  it.for<[string, string | undefined, number]>([
    ['a client of the sandbox', undefined, 101],
    ['a foreign page', 'http://evil.example', 403],
    ['a page of this sandbox', 'http://127.0.0.1:8080', 403],
    ['an opaque page', 'null', 403],
  ])('answers a WebSocket of %s as it should', async ([, origin, status]) => {
    const { body } = await get('/json/version');
    const path = /"webSocketDebuggerUrl": "ws:\/\/[^/]+([^"]+)"/.exec(body)?.[1] ?? '';
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      ...(origin === undefined ? {} : { origin }),
    };
    expect((await get(path, headers)).status).toBe(status);
  });

  it('saves downloads into the home without asking', async () => {
    // Without Playwright, which has a folder of its own for downloads.
    expect((await get(`/json/new?${site}/file`, {}, 'PUT')).status).toBe(200);
    const file = join(home, 'Downloads/report.txt');
    await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toBe('contents'), WAIT);
  });

  it('comes back after it was killed, though its locks are still there', async () => {
    const lease = await services.get('browser').lease();
    const screenPid = services.get('screen').status().pid;
    process.kill(services.get('browser').status().pid ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(lease.ended.aborted).toBe(true), WAIT);
    const again = await services.get('browser').lease();
    expect(again.generation).toBe(lease.generation + 1);
    expect(services.get('screen').status().pid).toBe(screenPid);
    expect(await connected(async (page) => page.url())).toBe('about:blank');
    again.release();
  });

  it('leaves nothing when it is stopped and started with locks of another machine', async () => {
    await services.get('browser').stop();
    const profile = join(home, '.config/sandfleet-chromium');
    expect(processesWith(profile)).toEqual([]);
    expect(readdirSync(profile).filter((name) => name.startsWith('Singleton'))).toEqual([]);
    await symlink('other-host-4711', join(profile, 'SingletonLock'));
    (await services.get('browser').lease()).release();
    expect(await connected((page) => page.title())).toBe('');
  });

  it('goes with its screen', async () => {
    const lease = await services.get('browser').lease();
    await services.get('screen').stop();
    await vi.waitFor(() => expect(lease.ended.aborted).toBe(true), WAIT);
  });

  it('comes up on another screen when somebody has tidied up /tmp meanwhile', async () => {
    const screen = services.get('screen');
    const viewer = await screen.lease();
    const paths = [`/tmp/.X11-unix/X${DISPLAY}`, dirname(services.ports.vnc)];
    await Promise.all(paths.map((path) => rm(path, { recursive: true })));
    const lease = await services.get('browser').lease();
    expect(viewer.ended.aborted).toBe(true);
    expect(screen.status()).toMatchObject({ state: 'running', lastExit: { reason: expect.stringContaining('was removed') } });
    expect(paths.map((path) => existsSync(path))).toEqual([true, true]);
    expect(await connected(async (page) => page.url())).toBe('about:blank');
    lease.release();
  });

  it('leaves no process, lock, socket or folder', async () => {
    (await services.get('browser').lease()).release();
    const folder = dirname(services.ports.vnc);
    await services.close();
    expect(processesWith(home)).toEqual([]);
    expect(processesWith(`Xvnc :${DISPLAY} `)).toEqual([]);
    const left = [folder, `/tmp/.X11-unix/X${DISPLAY}`, `/tmp/.X${DISPLAY}-lock`].filter((path) => existsSync(path));
    expect(left).toEqual([]);
    expect(readdirSync(join(home, 'Downloads'))).toEqual(['report.txt']);
  });
});

describe('a place that is taken', () => {
  it('by another X server is told, and left alone', async () => {
    const other = createTcpServer().listen(`/tmp/.X11-unix/X${DISPLAY}`);
    await new Promise((resolve) => other.once('listening', resolve));
    const blocked = createFor();
    await expect(blocked.get('screen').lease()).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining(`display :${DISPLAY} is taken by another X server`),
    });
    await blocked.close();
    expect(existsSync(`/tmp/.X11-unix/X${DISPLAY}`)).toBe(true);
    await new Promise((resolve) => other.close(resolve));
  });

  it('by another program on the port of DevTools is told', async () => {
    const other = createTcpServer().listen(DEVTOOLS, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const blocked = createFor();
    await expect(blocked.get('browser').lease()).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining(`port ${DEVTOOLS} is taken by another process`),
    });
    await blocked.close();
    await new Promise((resolve) => other.close(resolve));
  });
});
