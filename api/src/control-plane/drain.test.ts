import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';

import { prepareDrain } from './drain.ts';

async function serve(closeSeconds = 600) {
  // As the server kit makes it: idle connections are closed, busy ones waited for, here without an end.
  const app = fastify({
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    http: { headersTimeout: 0, requestTimeout: 0 },
  });
  const stopping = new AbortController();
  const drain = prepareDrain(app, { stopping: stopping.signal, delaySeconds: 0, closeSeconds });
  const held = { begun: 0, release: () => {} };
  const gate = new Promise<void>((resolve) => (held.release = resolve));
  app.get('/held', async () => {
    held.begun += 1;
    await gate;
    return 'done';
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const stop = () => {
    stopping.abort();
    return drain.stop();
  };
  return { url: `http://127.0.0.1:${port}/held`, port, held, stop };
}

describe('prepareDrain()', () => {
  it('does not wait for a connection that has asked for nothing', async () => {
    const { port, stop } = await serve();
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    const ended = once(silent, 'close');
    silent.resume();
    await stop();
    await ended;
    expect(silent.destroyed).toBe(true);
  });

  it('finishes the request that is under way, and closes its connection after it', async () => {
    const { url, held, stop } = await serve();
    const answer = fetch(url);
    await expect.poll(() => held.begun, { timeout: 120_000 }).toBe(1);
    const stopped = stop();
    held.release();
    const response = await answer;
    expect([response.headers.get('connection'), await response.text()]).toEqual(['close', 'done']);
    await stopped;
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('does not wait for the request of a client that hung up', async () => {
    const { url, held, stop } = await serve();
    const client = new AbortController();
    const answer = fetch(url, { signal: client.signal });
    await expect.poll(() => held.begun, { timeout: 120_000 }).toBe(1);
    client.abort();
    await expect(answer).rejects.toThrow('aborted');
    const stopped = stop();
    held.release();
    await stopped;
  });

  it('cuts a request that takes too long', async () => {
    const { url, held, stop } = await serve(0.05);
    const answer = fetch(url).catch((error: unknown) => error);
    await expect.poll(() => held.begun, { timeout: 120_000 }).toBe(1);
    const stopped = stop();
    expect(await answer).toBeInstanceOf(Error);
    held.release();
    await stopped;
  });
});
