import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { SandboxView } from './routing/views.ts';
import { GatewayFixture, type TokenOptions } from './testing/fixture.ts';
import { Pod } from './testing/pod.ts';
import { RawClient, rawRequest, until } from './testing/raw-client.ts';

let pod: Pod;
let gateway: GatewayFixture;
let sandbox: SandboxView;
let count = 0;

beforeAll(async () => {
  pod = await Pod.start();
  gateway = await GatewayFixture.start({ pools: { port: pod.port } });
});
afterAll(async () => {
  await gateway.stop();
  await pod.stop();
});
beforeEach(() => {
  pod.requests.length = 0;
  // The number of tickets is bounded for each sandbox.
  sandbox = gateway.addSandbox({ id: `s${++count}` });
});

const NAVIGATE = 'Sec-Fetch-Mode: navigate';

const post = (body: string | undefined, ...headers: readonly string[]) =>
  rawRequest(
    gateway.port,
    `POST /s/${sandbox.id}/tickets HTTP/1.1`,
    'Host: 127.0.0.1',
    ...headers,
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`, 'Content-Type: application/json']),
    `\r\n${body ?? ''}`,
  );
const bearer = async (options?: TokenOptions) => `Authorization: Bearer ${await gateway.token(sandbox, options)}`;
const ask = (path: string, ...headers: readonly string[]) =>
  rawRequest(gateway.port, `GET /s/${sandbox.id}${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '\r\n');
const ticketFrom = ({ json }: { readonly json: Readonly<Record<string, unknown>> }): string => String(json['ticket']);

describe('POST /tickets at a sandbox', () => {
  it('is answered by the gateway in the published form, without a body, and the ticket opens one call', async () => {
    const answer = await post(undefined, await bearer());
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
      json: { ticket: expect.any(String) as string, expires_in: 30 },
    });
    expect(Object.keys(answer.json)).toEqual(['ticket', 'expires_in']);
    expect(pod.requests).toEqual([]);
    const path = `/v1/sandbox?ticket=${ticketFrom(answer)}`;
    expect([(await ask(path, 'Accept: */*')).status, (await ask(path, 'Accept: */*')).status]).toEqual([200, 401]);
    expect(pod.last.url).toBe('/v1/sandbox');
  });

  it('opens the published URL of the screen: the page, and with its cookie the socket', async () => {
    const ticket = ticketFrom(await post(undefined, await bearer()));
    const page = await ask(`/vnc/index.html?ticket=${ticket}&path=websockify%3Fticket%3D${ticket}`, NAVIGATE);
    expect([page.status, page.headers['location']]).toEqual([
      303,
      `/s/${sandbox.id}/vnc/index.html?path=websockify%3Fticket%3D${ticket}`,
    ]);
    const cookie = `Cookie: ${page.headers['set-cookie']?.split(';')[0]}`;
    expect((await ask('/vnc/index.html', cookie)).status).toBe(200);
    // The cookie is for the page that was opened, not for all that the ticket might have opened.
    expect((await ask('/v1/sandbox', cookie)).status).toBe(403);
    const client = await RawClient.connect(gateway.port);
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x'];
    client.send(
      `GET /s/${sandbox.id}/websockify?ticket=${ticket} HTTP/1.1`,
      `Host: 127.0.0.1:${gateway.port}`,
      ...upgrade,
      cookie,
      `Origin: http://127.0.0.1:${gateway.port}`,
      '\r\n',
    );
    await until(() => client.text.includes('\r\n\r\n'));
    expect(client.text).toContain('HTTP/1.1 101');
    client.destroy();
  });

  it('opens the home page and what that shows', async () => {
    const ticket = ticketFrom(await post(undefined, await bearer({ scope: ['rest', 'vnc', 'terminal'] })));
    const page = await ask(`/?ticket=${ticket}`, NAVIGATE);
    const cookie = `Cookie: ${page.headers['set-cookie']?.split(';')[0]}`;
    const statuses = [];
    for (const path of ['/', '/vnc/index.html', '/terminal', '/code-server/', '/proxy/3000/'])
      statuses.push((await ask(path, cookie)).status);
    expect(statuses).toEqual([200, 200, 200, 403, 403]);
  });

  it('lives no longer than its token, and what it is redeemed for neither', async () => {
    const answer = await post('{"surface":"vnc"}', await bearer({ ttlSeconds: 20 }));
    expect(answer.json['expires_in']).toBeLessThanOrEqual(20);
    const page = await ask(`/vnc/index.html?ticket=${ticketFrom(answer)}`, NAVIGATE);
    expect(Number(/Max-Age=(\d+)/.exec(page.headers['set-cookie'] ?? '')?.[1])).toBeLessThanOrEqual(20);
    const { exp = Infinity } = decodeJwt(/=([^;]+)/.exec(page.headers['set-cookie'] ?? '')?.[1] ?? '');
    expect(exp).toBeLessThanOrEqual(Date.now() / 1000 + 21);
  });

  const bodies: readonly (readonly [string, number, string?])[] = [
    ['', 200],
    ['{}', 200],
    ['{"surface":null,"mode":null,"port":null}', 200],
    ['{"surface":"vnc","mode":"view"}', 200],
    ['{"surface":"preview","port":3000}', 200],
    ['{"surface":"kitchen"}', 422, 'VALIDATION_FAILED'],
    ['{"surface":["vnc"]}', 422, 'VALIDATION_FAILED'],
    ['{"mode":"both"}', 422, 'VALIDATION_FAILED'],
    ['{"surface":"preview","port":0}', 422, 'VALIDATION_FAILED'],
    ['{"surface":"preview","port":65536}', 422, 'VALIDATION_FAILED'],
    ['{"surface":"preview","port":"3000"}', 422, 'VALIDATION_FAILED'],
    ['{"surface":"vnc","port":3000}', 400, 'BAD_REQUEST'],
    ['[]', 422, 'VALIDATION_FAILED'],
    ['"vnc"', 422, 'VALIDATION_FAILED'],
    ['{', 400, 'BAD_REQUEST'],
    [`{"surface":"${'x'.repeat(5000)}"}`, 413, 'PAYLOAD_TOO_LARGE'],
  ];
  it.for(bodies)('takes %s as %i', async ([body, status, code]) => {
    const answer = await post(body, await bearer());
    expect([answer.status, answer.json['code']]).toEqual([status, code]);
  });

  const beyond: readonly (readonly [string, TokenOptions, string, string, number])[] = [
    ['a surface that the token does not open', { scope: ['vnc'] }, '{"surface":"terminal"}', '/terminal', 403],
    ['the API with a token for the screen', { scope: ['vnc'] }, '', '/v1/sandbox', 403],
    ['the screen with a token for the screen', { scope: ['vnc'] }, '', '/vnc/index.html', 200],
    ['another port than the one of the ticket', {}, '{"surface":"preview","port":3000}', '/proxy/3001/', 403],
    ['the debugger’s port with a preview', { scope: ['preview'] }, '', '/proxy/9222/json', 403],
    ['what a viewer may not', {}, '{"mode":"view","surface":"cdp"}', '/json/version', 403],
  ];
  it.for(beyond)('does not open %s', async ([, options, body, path, status]) => {
    const made = await post(body, await bearer(options));
    const answer = made.status === 200 ? await ask(`${path}?ticket=${ticketFrom(made)}`) : made;
    expect(answer.status).toBe(status);
  });

  it('makes none for a ticket, which is not spent by asking, nor for a cookie, nor for nothing', async () => {
    const ticket = await gateway.ticket(sandbox, { surface: 'rest', mode: 'control' });
    const send = (query: string, ...headers: readonly string[]) =>
      rawRequest(gateway.port, `POST /s/${sandbox.id}/tickets${query} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '\r\n');
    expect((await send(`?ticket=${ticket}`)).json['code']).toBe('FORBIDDEN');
    const page = await ask(`/?ticket=${ticket}`, NAVIGATE);
    expect(page.status).toBe(303);
    const cookie = `Cookie: ${page.headers['set-cookie']?.split(';')[0]}`;
    expect((await send('', cookie, 'Origin: http://127.0.0.1')).json['code']).toBe('FORBIDDEN');
    expect((await send('')).status).toBe(401);
  });

  it('makes none for another sandbox, nor at the host of a preview', async () => {
    const other = gateway.addSandbox({ id: 'other' });
    const foreign = `Authorization: Bearer ${await gateway.token(other)}`;
    expect((await post(undefined, foreign)).json['code']).toBe('WRONG_SANDBOX');
    const own = await GatewayFixture.start({ keys: gateway.keys, domain: 'box.example', pools: { port: pod.port } });
    const place = own.addSandbox({ id: 'a' });
    const token = `Authorization: Bearer ${await own.token(place)}`;
    const answer = await rawRequest(own.port, 'POST /tickets HTTP/1.1', 'Host: 3000-a.box.example', token, '\r\n');
    expect([answer.status, answer.body, pod.last.url]).toEqual([200, 'pod', '/tickets']);
    await own.stop();
  });

  it('is bounded for each sandbox', async () => {
    const token = await bearer();
    const statuses = [];
    for (let i = 0; i < 105 && statuses.at(-1) !== 429; i++) statuses.push((await post(undefined, token)).status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(100);
    expect(statuses.at(-1)).toBe(429);
  });
});
