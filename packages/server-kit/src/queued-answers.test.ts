import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createServer } from './create-server.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { PROBLEM_MEDIA_TYPE, toProblem } from './problem.ts';

let app: ReturnType<typeof createServer>;
let port: number;
/** The answers that have begun, by path, and those that are over. */
const begun = new Map<string, ServerResponse>();
const over: string[] = [];

beforeEach(async () => {
  app = createServer({
    log: createLogger({ name: 'test', level: 'silent' }),
    metrics: createMetrics('test', '0.0.0'),
    bodyLimit: 1024,
    errors: { mediaType: PROBLEM_MEDIA_TYPE, body: toProblem },
  });
  begun.clear();
  over.length = 0;
  app.get('/*', (request, reply) => {
    begun.set(request.url, reply.raw);
    reply.raw.once('close', () => over.push(request.url));
    if (request.url === '/short') return reply.send('short');
    const stream = new PassThrough();
    stream.write(request.url);
    return reply.send(stream);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  // It listens on TCP.
  ({ port } = app.server.address() as AddressInfo);
});
afterEach(() => app.close());

const ask = (...paths: readonly string[]) => paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');

describe('answers on one connection', () => {
  it('are all over when it ends, also those that wait behind another one', async () => {
    const client = connect(port, '127.0.0.1');
    client.write(ask('/first', '/short', '/stream'));
    await vi.waitFor(() => expect([...begun.keys()]).toEqual(['/first', '/short', '/stream']), 30_000);
    client.destroy();
    await vi.waitFor(() => expect(over.toSorted()).toEqual(['/first', '/short', '/stream']), 30_000);
    expect([...begun.values()].every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('are over once each when their turn came', async () => {
    const client = connect(port, '127.0.0.1');
    client.write(ask('/short', '/short', '/stream'));
    let text = '';
    client.on('data', (data) => (text += String(data)));
    await vi.waitFor(() => expect(text).toContain('/stream'), 30_000);
    expect(over).toEqual(['/short', '/short']);
    client.destroy();
    await once(client, 'close');
    await vi.waitFor(() => expect(over).toEqual(['/short', '/short', '/stream']), 30_000);
  });
});
