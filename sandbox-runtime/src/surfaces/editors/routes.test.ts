import { rm } from 'node:fs/promises';
import { createServer, request, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ApiError } from '@sandfleet/contract';
import { createLogger, createMetrics, createServer as createApp, loadConfig } from '@sandfleet/server-kit';
import { describe, expect, it } from 'vitest';

import { ConfigSchema } from '../../config.ts';
import { runtimeErrors } from '../../server/errors.ts';
import { acceptUpgrades } from '../../server/upgrade.ts';
import type { Lease, ServiceState } from '../../services/service.ts';
import { createCarrier } from '../carry/create-carrier.ts';
import { closed, listen, portOf, until } from '../fixtures.ts';
import { editorsTool } from './routes.ts';

const PAGE = { accept: 'text/html', 'sec-fetch-dest': 'document' };

/** A service whose state the test sets, and whose leases it can count. */
class ScriptedService {
  held = 0;
  stops = 0;
  start: () => Promise<void> = async () => {};
  current: ServiceState = 'running';
  readonly run = new AbortController();

  async lease(signal?: AbortSignal): Promise<Lease> {
    await this.start();
    signal?.throwIfAborted();
    this.held++;
    let isReleased = false;
    return {
      generation: 1,
      ended: this.run.signal,
      release: () => {
        if (!isReleased) this.held--;
        isReleased = true;
      },
    };
  }

  state(): ServiceState {
    return this.current;
  }

  async stop(): Promise<void> {
    this.stops++;
  }
}

/** A server whose editors are one scripted program behind a UNIX socket and a port. */
async function withEditors(answer: RequestListener, env: Readonly<Record<string, string>> = {}) {
  const socketPath = join(tmpdir(), `editor-${process.pid}-${Math.random().toString(36).slice(2)}.sock`);
  const behindSocket = createServer(answer);
  await new Promise<void>((resolve) => behindSocket.listen(socketPath, resolve));
  const behindPort = createServer(answer);
  await listen(behindPort);
  const service = new ScriptedService();
  const config = loadConfig(ConfigSchema, env);
  const log = createLogger({ name: 'test', level: 'silent' });
  const app = createApp({ log, metrics: createMetrics('test', '0'), errors: runtimeErrors, bodyLimit: 1024 });
  acceptUpgrades(app);
  const ports = { vnc: '', devtools: 1, jupyterLab: portOf(behindPort), codeServer: socketPath };
  const services = { get: () => service, ports, credential: () => 'inner-token' };
  const tool = editorsTool({ app, config, services }, createCarrier({ config }));
  app.addHook('preClose', () => tool.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    service,
    socketPath,
    base: `http://127.0.0.1:${portOf(app.server)}`,
    jupyterPort: ports.jupyterLab,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await Promise.all([behindSocket, behindPort].map((server) => closed(server, () => server.closeAllConnections())));
    },
  };
}

const echo: RequestListener = (request, response) => {
  const body = JSON.stringify({ url: request.url, headers: request.headers });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
};

interface Echo {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

describe('/code-server/', () => {
  it('stops an editor whose socket somebody has removed, so that the next request starts another', async () => {
    await using editors = await withEditors(echo);
    await rm(editors.socketPath);
    expect((await fetch(`${editors.base}/code-server/x`)).status).toBe(502);
    expect(editors.service.stops).toBe(1);
    expect(editors.service.held).toBe(0);
  });

  it('does not stop the editor that came after the one which was asked', async () => {
    await using editors = await withEditors(echo);
    await rm(editors.socketPath);
    editors.service.run.abort();
    expect((await fetch(`${editors.base}/code-server/x`)).status).toBe(502);
    expect(editors.service.stops).toBe(0);
  });

  it('is code-server’s root, with what it needs to name itself', async () => {
    await using editors = await withEditors(echo);
    const headers = { 'x-forwarded-prefix': '/s/abc', 'x-forwarded-host': 'gw.test', authorization: 'Bearer mine' };
    const answer = (await (await fetch(`${editors.base}/code-server/stable/x?a=b`, { headers })).json()) as Echo;
    expect(answer.url).toBe('/stable/x?a=b');
    expect(answer.headers).toMatchObject({ 'x-forwarded-prefix': '/s/abc/code-server', 'x-forwarded-host': 'gw.test' });
    expect(answer.headers).not.toHaveProperty('authorization');
  });

  it.for(['/code-server/proxy/9222/json', '/code-server/proxy/3000/a?b=c', '/code-server/absproxy/3000/'])(
    'leads %s to the preview of the port',
    async (path) => {
      await using editors = await withEditors(echo);
      const answer = await fetch(`${editors.base}${path}`, { redirect: 'manual', headers: { 'x-forwarded-prefix': '/s/a' } });
      expect([answer.status, answer.headers.get('location')]).toEqual([307, `/s/a${path.slice('/code-server'.length)}`]);
    },
  );

  it.for(['/code-server/%70roxy/9222/json', '/code-server//proxy/9222/', '/code-server/proxy%2F9222/', '/jupyter/PROXY/9222/'])(
    'refuses %s',
    async (path) => {
      await using editors = await withEditors(echo);
      expect((await fetch(`${editors.base}${path}`, { redirect: 'manual' })).status).toBe(403);
    },
  );
});

describe('/jupyter/', () => {
  it('asks JupyterLab with the token that only the server knows', async () => {
    await using editors = await withEditors(echo);
    const headers = { authorization: 'token guessed', 'x-forwarded-prefix': '/s/abc' };
    const answer = (await (await fetch(`${editors.base}/jupyter/api/contents?x=1`, { headers })).json()) as Echo;
    expect(answer.url).toBe('/jupyter/api/contents?x=1');
    expect(answer.headers).toMatchObject({ authorization: 'token inner-token', host: `127.0.0.1:${editors.jupyterPort}` });
  });

  it('gives pages under the caller’s prefix and without the token', async () => {
    const page = '<script src="/jupyter/static/x.js"></script>{"baseUrl": "/jupyter/", "token": "inner-token", "ü": 1}';
    await using editors = await withEditors((request, response) => {
      const length = Buffer.byteLength(page);
      const type = request.url?.endsWith('.js') === true ? 'text/javascript' : 'text/html; charset=UTF-8';
      response.writeHead(200, { 'content-type': type, 'content-length': length, etag: '"1"' }).end(page);
    });
    const answer = await fetch(`${editors.base}/jupyter/lab`, { headers: { 'x-forwarded-prefix': '/s/abc' } });
    expect(await answer.text()).toBe(
      '<script src="/s/abc/jupyter/static/x.js"></script>{"baseUrl": "/s/abc/jupyter/", "token": "", "ü": 1}',
    );
    expect(answer.headers.get('etag')).toBeNull();
    expect(await (await fetch(`${editors.base}/jupyter/static/x.js`)).text()).toBe(page);
  });
});

describe('an editor that is not there yet', () => {
  it('holds a page for a while, then tells so and goes on starting', async () => {
    await using editors = await withEditors(echo, { SANDFLEET_PAGE_HOLD_SECONDS: '0.1' });
    let begin = () => {};
    editors.service.current = 'starting';
    editors.service.start = () => new Promise((resolve) => (begin = resolve));
    const answer = await fetch(`${editors.base}/code-server/`, { headers: PAGE });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await answer.text()).toMatch(/code-server is starting[\s\S]*asks again by itself/);
    begin();
    await until(() => editors.service.held === 1);
    editors.service.current = 'running';
    editors.service.start = async () => {};
    expect((await fetch(`${editors.base}/code-server/`, { headers: PAGE })).status).toBe(200);
  });

  it('answers a page that came in time', async () => {
    await using editors = await withEditors(echo);
    editors.service.current = 'starting';
    expect((await fetch(`${editors.base}/jupyter/lab`, { headers: PAGE })).status).toBe(200);
    await until(() => editors.service.held === 0);
  });

  it.for([
    ['a page', PAGE, /^<!doctype html>[\s\S]*switched off/],
    ['a program', { accept: '*/*' }, /^\{"success":false,"message":"[^"]*switched off/],
  ] as const)('says that it is switched off to %s', async ([, headers, expected]) => {
    await using editors = await withEditors(echo);
    editors.service.current = 'disabled';
    editors.service.start = () => Promise.reject(new ApiError('SERVICE_DISABLED', { message: 'code-server is switched off' }));
    const answer = await fetch(`${editors.base}/code-server/`, { headers });
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(expected);
  });
});

describe('the lease of an editor', () => {
  it('is held as long as an answer lasts, and ends one with the editor', async () => {
    await using editors = await withEditors((_, response) => void response.write('x'));
    const answer = await fetch(`${editors.base}/code-server/`);
    expect(editors.service.held).toBe(1);
    const rest = answer.text().catch(() => 'broken off');
    editors.service.run.abort();
    expect(await rest).toBe('broken off');
    await until(() => editors.service.held === 0);
  });

  it('is given back when the caller hangs up', async () => {
    await using editors = await withEditors((_, response) => void response.write('x'));
    const asked = request(`${editors.base}/jupyter/lab`).end();
    await new Promise((resolve) => asked.once('response', resolve));
    expect(editors.service.held).toBe(1);
    asked.destroy();
    await until(() => editors.service.held === 0);
  });
});
