import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { API_KEY, bearer, PUBLIC_KEY } from '../../server/auth/fixtures.ts';

interface Ticket {
  readonly ticket: string;
  readonly expires_in: number;
}

const guarded = () => testRuntime({ JWT_PUBLIC_KEY: PUBLIC_KEY, SANDBOX_API_KEY: API_KEY, TICKET_TTL_SECONDS: '20' });

/** Without a body, as published clients send it, or with one. */
const make = ({ app }: TestRuntime, headers: Readonly<Record<string, string>>, payload?: Readonly<Record<string, unknown>>) =>
  app.inject({ method: 'POST', url: '/tickets', headers, ...(payload === undefined ? {} : { payload }) });

describe('POST /tickets', () => {
  it('gives a ticket for a token or a key, in the published form, that opens one call', async () => {
    await using runtime = await guarded();
    for (const headers of [await bearer(), { 'x-aio-api-key': API_KEY }, { authorization: `Bearer ${API_KEY}` }]) {
      const answer = await make(runtime, headers);
      expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
      expect(answer.json()).toEqual({ ticket: expect.stringMatching(/^[\w-]{43}$/) as string, expires_in: 20 });
      const url = `/v1/sandbox?ticket=${answer.json<Ticket>().ticket}`;
      expect((await runtime.app.inject({ url })).statusCode).toBe(200);
      expect((await runtime.app.inject({ url })).statusCode).toBe(401);
    }
  });

  it('gives one where nobody needs any, so that one script serves both', async () => {
    await using runtime = await testRuntime();
    const { ticket, expires_in } = (await make(runtime, {})).json<Ticket>();
    expect(expires_in).toBe(30);
    expect((await runtime.app.inject({ url: `/v1/sandbox?ticket=${ticket}` })).statusCode).toBe(200);
  });

  it('gives none for nothing, a ticket, or a token that is for viewing', async () => {
    await using runtime = await guarded();
    expect((await make(runtime, {})).statusCode).toBe(401);
    const { ticket } = (await make(runtime, await bearer())).json<Ticket>();
    expect((await runtime.app.inject({ method: 'POST', url: `/tickets?ticket=${ticket}` })).statusCode).toBe(403);
    expect((await make(runtime, await bearer({ mode: 'view' }))).statusCode).toBe(403);
  });

  const bodies: readonly [Readonly<Record<string, unknown>>, number][] = [
    [{}, 200],
    [{ surface: null, mode: null }, 200],
    [{ surface: 'vnc', mode: 'view' }, 200],
    [{ surface: 'preview', port: 3000 }, 200],
    [{ surface: 'kitchen' }, 422],
    [{ mode: 'both' }, 422],
    [{ surface: 'preview', port: 0 }, 422],
    [{ surface: 'preview', port: 65_536 }, 422],
    [{ surface: 'vnc', port: 3000 }, 400],
    [{ port: 3000 }, 400],
  ];
  it.for(bodies)('takes %j as %i', async ([body, status]) => {
    await using runtime = await guarded();
    expect((await make(runtime, { 'x-aio-api-key': API_KEY }, body)).statusCode).toBe(status);
  });

  it('keeps a ticket to its surface', async () => {
    await using runtime = await guarded();
    const { ticket } = (await make(runtime, { 'x-aio-api-key': API_KEY }, { surface: 'vnc' })).json<Ticket>();
    expect((await runtime.app.inject({ url: `/v1/sandbox?ticket=${ticket}` })).statusCode).toBe(403);
  });

  it('has a limit of tickets that are out', async () => {
    await using runtime = await testRuntime({ SANDBOX_API_KEY: API_KEY, MAX_TICKETS: '3' });
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await make(runtime, { 'x-aio-api-key': API_KEY }));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 429]);
    expect(answers[3]?.headers['retry-after']).toBe('30');
  });
});

describe('GET /auth', () => {
  it('says what a token or a key is good for', async () => {
    await using runtime = await guarded();
    const asked = async (headers: Readonly<Record<string, string>>) =>
      (await runtime.app.inject({ url: '/auth', headers })).json<unknown>();
    expect(await asked(await bearer({ sub: 'ann' }))).toEqual({ kind: 'token', mode: 'control', subject: 'ann' });
    expect(await asked({ 'x-aio-api-key': API_KEY, 'x-original-uri': '/anything' })).toEqual({ kind: 'key', mode: 'control' });
    expect(await asked({ 'x-original-uri': `/x?api_key=${API_KEY}` })).toEqual({ kind: 'key', mode: 'control' });
  });

  it('looks at the ticket of the URL that the proxy has, and leaves it to be spent there', async () => {
    await using runtime = await guarded();
    const { ticket } = (await make(runtime, { 'x-aio-api-key': API_KEY }, { surface: 'rest', mode: 'view' })).json<Ticket>();
    const asked = () => runtime.app.inject({ url: '/auth', headers: { 'x-original-uri': `/v1/sandbox?ticket=${ticket}` } });
    const first = await asked();
    expect([first.statusCode, first.json()]).toEqual([200, { kind: 'ticket', mode: 'view', surface: 'rest' }]);
    expect((await runtime.app.inject({ url: `/v1/sandbox?ticket=${ticket}` })).statusCode).toBe(200);
    expect([(await asked()).statusCode, (await asked()).statusCode]).toEqual([200, 401]);
  });

  const refused: readonly [string, string, number][] = [
    ['no credential', '/v1/sandbox', 401],
    ['a ticket that is none', '/v1/sandbox?ticket=x', 401],
    ['a key that is none', '/v1/sandbox?api_key=x', 401],
    ['another surface', '/v1/shell/ws?ticket=T', 403],
    ['a path that leads elsewhere', '/vnc/../v1/sandbox?ticket=T', 400],
    ['a path with an escape', '/vnc/%2e%2e/v1/sandbox?ticket=T', 400],
    ['a path of two slashes', '//vnc?ticket=T', 400],
    ['no path', 'vnc?ticket=T', 400],
  ];
  it.for(refused)('refuses %s', async ([, uri, status]) => {
    await using runtime = await guarded();
    const { ticket } = (await make(runtime, { 'x-aio-api-key': API_KEY }, { surface: 'vnc' })).json<Ticket>();
    const headers = { 'x-original-uri': uri.replace('ticket=T', `ticket=${ticket}`), cookie: 'sandfleet-page-x-all=1' };
    const answer = await runtime.app.inject({ url: '/auth', headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.body).not.toContain(ticket);
  });

  it('lets everybody in where nobody needs a credential', async () => {
    await using runtime = await testRuntime();
    expect((await runtime.app.inject('/auth')).json()).toEqual({ kind: 'none', mode: 'control' });
  });
});
