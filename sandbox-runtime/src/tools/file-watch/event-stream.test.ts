import { writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { WatchBudget } from './budget.ts';
import { eventStream } from './event-stream.ts';
import { FileWatcher } from './file-watcher.ts';
import { pathFilter } from './path-filter.ts';

interface Message {
  readonly event?: string;
  readonly id?: string;
  readonly data?: Record<string, unknown>;
}

/** The messages of a stream, as they come over a real socket. */
async function* messages(response: IncomingMessage): AsyncGenerator<Message> {
  let held = '';
  for await (const chunk of response) {
    held += String(chunk);
    const parts = held.split('\n\n');
    held = parts.pop() ?? '';
    for (const part of parts) {
      const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s, 2)));
      yield { ...fields, ...(fields.data === undefined ? {} : { data: JSON.parse(fields.data) }) };
    }
  }
}

async function follow(runtime: TestRuntime) {
  const { body } = await runtime.post<{ watcher_id: string }>('/v1/file/watch', { path: '.', debounce: 50 });
  const id = body.data.watcher_id;
  if (!runtime.app.server.listening) await runtime.app.listen({ port: 0, host: '127.0.0.1' });
  const open = async (lastEventId?: string) => {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const options = { host: '127.0.0.1', port: port(runtime), path: `/v1/file/watch/${id}/events`, agent: false, headers };
    const response = await new Promise<IncomingMessage>((resolve, reject) => get(options, resolve).on('error', reject));
    const stream = messages(response);
    return {
      response,
      // An iterator that is at its end has no value.
      next: async () => (await stream.next()).value as Message | undefined,
      hangUp: () => void response.destroy(),
    };
  };
  return { id, open };
}

function port(runtime: TestRuntime): number {
  const address = runtime.app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('GET /v1/file/watch/{watcher_id}/events', () => {
  it('begins with watch_started, tells each change, and goes on behind Last-Event-ID', async () => {
    await using runtime = await testRuntime();
    const { id, open } = await follow(runtime);
    const first = await open();
    expect(first.response.headers['content-type']).toBe('text/event-stream');
    expect(await first.next()).toMatchObject({ event: 'watch_started', data: { watcher_id: id, cursor: 0 } });
    await writeFile(join(runtime.home, 'a'), '');
    expect(await first.next()).toMatchObject({
      event: 'file_change',
      id: `${id}:1`,
      data: { seq: 1, type: 'create', relative_path: 'a' },
    });
    first.hangUp();
    await writeFile(join(runtime.home, 'b'), '');
    const second = await open(`${id}:1`);
    expect(await second.next()).toMatchObject({ event: 'watch_started', data: { cursor: 1 } });
    let seen = await second.next();
    while (seen?.data?.['relative_path'] === 'a') seen = await second.next();
    expect(seen).toMatchObject({ event: 'file_change', data: { relative_path: 'b' } });
    second.hangUp();
  });

  const ids = ['nonsense', 'other:5', '{id}:', '{id}:-1', '{id}:1e3', '{id}:99999999999999999999'];
  it.for(ids)('begins with all that is kept for the id %s', async (lastEventId) => {
    await using runtime = await testRuntime();
    const { id, open } = await follow(runtime);
    await writeFile(join(runtime.home, 'a'), '');
    const stream = await open(lastEventId.replace('{id}', id));
    await stream.next();
    expect(await stream.next()).toMatchObject({ id: `${id}:1` });
    stream.hangUp();
  });

  it('ends with its watcher, and with the server', async () => {
    const runtime = await testRuntime();
    const { id, open } = await follow(runtime);
    const stream = await open();
    await stream.next();
    await runtime.call('DELETE', `/v1/file/watch/${id}`);
    expect(await stream.next()).toBeUndefined();
    const other = await (await follow(runtime)).open();
    await other.next();
    await runtime[Symbol.asyncDispose]();
    expect(await other.next()).toBeUndefined();
  });

  it('lets go of the readers that hang up', async () => {
    await using runtime = await testRuntime();
    const { id, open } = await follow(runtime);
    const streams = await Promise.all(Array.from({ length: 32 }, () => open()));
    expect((await open()).response.statusCode).toBe(429);
    for (const { hangUp } of streams) hangUp();
    const poll = async () => (await runtime.post(`/v1/file/watch/${id}/poll`)).status;
    while ((await poll()) !== 200) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe('eventStream()', () => {
  it('keeps a silent connection open, says where events were lost, and ends with its signal', async () => {
    const watcher = new FileWatcher({
      place: { path: '/none', directory: '/none', only: undefined },
      recursive: true,
      exclude: [],
      include: [],
      filter: pathFilter([], []),
      debounceMs: 50,
      budget: new WatchBudget({ directories: 1, files: 1 }),
      onRaw: () => {},
    });
    const controller = new AbortController();
    const stream = eventStream(watcher, { lastEventId: undefined, signal: controller.signal, keepaliveMs: 1 });
    const next = async () => (await stream.next()).value ?? 'end';
    expect(await next()).toMatch(/^event: watch_started\ndata: .*\n\n$/);
    expect(await next()).toBe(': keepalive\n\n');
    watcher.log.lose();
    expect(await next()).toBe(
      `event: overflow\nid: ${watcher.id}:1\ndata: ${JSON.stringify({ watcher_id: watcher.id, cursor: 1 })}\n\n`,
    );
    controller.abort();
    expect(await next()).toBe('end');
  });
});
