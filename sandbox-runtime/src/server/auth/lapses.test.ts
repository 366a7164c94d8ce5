import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { guardedServer, PUBLIC_KEY, token, type GuardedServer } from './fixtures.ts';

/** Of a socket’s `readyState`. */
const OPEN = 1;

/** The clock alone is the test's; what waits goes on waiting. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const endingIn = (seconds: number, claims = {}) => token({ ...claims, exp: Math.floor(Date.now() / 1000) + seconds });

/** With a route whose answer goes on and on. */
const server = (env?: Readonly<Record<string, string>>) =>
  guardedServer(env, undefined, async (app) => {
    app.get('/v1/events', (_, reply) => {
      reply.hijack();
      reply.raw.write('begun\n');
    });
  });

async function openSocket(guarded: GuardedServer, query: string, bearer?: string): Promise<WebSocket> {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const socket = new WebSocket(`ws://127.0.0.1:${await guarded.port()}/v1/shell/ws${query}`, { headers });
  await once(socket, 'message');
  return socket;
}

async function openStream(guarded: GuardedServer, bearer: string): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${bearer}` };
  const asked = request({ port: await guarded.port(), host: '127.0.0.1', path: '/v1/events', headers }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  await once(answer, 'data');
  return answer;
}

describe('what is open when its token ends', () => {
  it('ends with it, and not before', async () => {
    await using guarded = await server();
    const [socket, stream] = [await openSocket(guarded, '', await endingIn(60)), await openStream(guarded, await endingIn(60))];
    const first = await openSocket(guarded, '', await endingIn(30));
    const lasting = await openSocket(guarded, '', await endingIn(600));
    pass(50);
    await once(first, 'close');
    // All were looked through by then.
    expect([socket.readyState, stream.destroyed]).toEqual([OPEN, false]);
    const closed = once(socket, 'close');
    const broken = once(stream.resume(), 'end');
    pass(16);
    expect((await closed)[0]).toBe(1006);
    await expect(broken).rejects.toThrow('aborted');
    expect(lasting.readyState).toBe(OPEN);
    lasting.terminate();
  });

  it('ends with it also when it was opened by a ticket, or the cookie of one', async () => {
    await using guarded = await server();
    const endsAt = Date.now() + 100_000;
    const ticket = () => guarded.guard.issueTicket({ mode: 'control', endsAt }).ticket;
    const url = `/terminal?ticket=${ticket()}`;
    const page = await guarded.app.inject({ url, headers: { 'sec-fetch-mode': 'navigate' } });
    const cookie = String(page.headers['set-cookie']);
    expect(Number(/Max-Age=(\d+)/.exec(cookie)?.[1])).toBeLessThanOrEqual(100);
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    expect((await guarded.app.inject({ url: '/terminal', headers })).statusCode).toBe(200);
    const late = ticket();
    const socket = await openSocket(guarded, `?ticket=${ticket()}`);
    const closed = once(socket, 'close');
    pass(101);
    await closed;
    expect((await guarded.app.inject({ url: '/terminal', headers })).statusCode).toBe(401);
    expect((await guarded.app.inject({ url: `/v1/sandbox?ticket=${late}` })).statusCode).toBe(401);
  });

  it('goes on behind a gateway, whose tokens are for one call', async () => {
    const audience = 'uid-of-the-sandbox';
    await using guarded = await server({ JWT_PUBLIC_KEY: PUBLIC_KEY, SANDFLEET_TOKEN_AUDIENCE: audience });
    const bearer = await endingIn(60, { aud: audience });
    const socket = await openSocket(guarded, '', bearer);
    pass(100);
    const refused = await guarded.app.inject({ url: '/v1/sandbox', headers: { authorization: `Bearer ${bearer}` } });
    expect([refused.statusCode, socket.readyState]).toEqual([401, OPEN]);
    socket.terminate();
  });
});
