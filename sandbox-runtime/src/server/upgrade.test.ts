import { generateKeyPairSync } from 'node:crypto';
import { connect, type AddressInfo } from 'node:net';

import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { testRuntime, type TestRuntime } from '../fixtures.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const foreign = generateKeyPairSync('ed25519');
const JWT_PUBLIC_KEY = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })).toString('base64');
const token = (key = privateKey, seconds = 60) =>
  new SignJWT({ exp: Math.floor(Date.now() / 1000) + seconds }).setProtectedHeader({ alg: 'EdDSA' }).sign(key);

const listen = async (runtime: TestRuntime): Promise<number> => {
  await runtime.app.listen({ host: '127.0.0.1', port: 0 });
  // It listens on TCP.
  return (runtime.app.server.address() as AddressInfo).port;
};

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly version?: string;
  /** Headers beside those of a good handshake; undefined takes one of those away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** Sends one request as it stands and gives all that comes back until the server ends the connection. */
function ask(port: number, { method = 'GET', path = '/v1/shell/ws', version = '1.1', headers = {}, body = '' }: Asked) {
  const all = {
    host: `127.0.0.1:${port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AQIDBAUGBwgJCgsMDQ4PEA==',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`${method} ${path} HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n${body}`),
    );
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      // A connection that was switched, or that is kept, ends here.
      if (text.startsWith('HTTP/1.1 101') || !/connection: close/i.test(text)) socket.end();
    });
    socket.on('error', reject).on('close', () => resolve({ status: Number(text.slice(9, 12)), text }));
  });
}

const bearer = async () => ({ authorization: `Bearer ${await token()}` });

describe('a request for a WebSocket', () => {
  const attacks: readonly [string, number, () => Promise<Asked>][] = [
    ['no token', 401, async () => ({})],
    ['an empty token', 401, async () => ({ headers: { authorization: 'Bearer ' } })],
    ['text for a token', 401, async () => ({ headers: { authorization: 'Bearer abc' } })],
    ['the token of another', 401, async () => ({ headers: { authorization: `Bearer ${await token(foreign.privateKey)}` } })],
    ['a token that is over', 401, async () => ({ headers: { authorization: `Bearer ${await token(privateKey, -60)}` } })],
    ['a token in the query', 401, async () => ({ path: `/v1/shell/ws?token=${await token()}` })],
    ['a token in a cookie', 401, async () => ({ headers: { cookie: `token=${await token()}` } })],
    ['a token as subprotocol', 401, async () => ({ headers: { 'sec-websocket-protocol': await token() } })],
    ['the open path', 404, async () => ({ path: '/v1/ping' })],
    ['a path that begins as the open one, without a token', 401, async () => ({ path: '/v1/ping/../shell/ws' })],
    ['a path of an API, with a token', 404, async () => ({ path: '/v1/shell/sessions', headers: await bearer() })],
    ['a path that is not there', 404, async () => ({ path: '/no/such', headers: await bearer() })],
    ['a path that is not there, without a token', 401, async () => ({ path: '/no/such' })],
    ['the path with a slash behind', 404, async () => ({ path: '/v1/shell/ws/', headers: await bearer() })],
    ['the path with two slashes before', 404, async () => ({ path: '//v1/shell/ws', headers: await bearer() })],
    ['another method', 404, async () => ({ method: 'POST', headers: { ...(await bearer()), 'content-length': '0' } })],
    ['another method without a token', 401, async () => ({ method: 'POST', headers: { 'content-length': '0' } })],
    ['HEAD', 404, async () => ({ method: 'HEAD', headers: await bearer() })],
    ['HTTP/1.0', 400, async () => ({ version: '1.0', headers: await bearer() })],
    ['another thing to switch to', 400, async () => ({ headers: { ...(await bearer()), upgrade: 'h2c' } })],
    ['a list of things to switch to', 400, async () => ({ headers: { ...(await bearer()), upgrade: 'websocket, h2c' } })],
    ['no Upgrade', 400, async () => ({ headers: { ...(await bearer()), upgrade: undefined, connection: 'close' } })],
    ['a foreign page', 403, async () => ({ headers: { ...(await bearer()), origin: 'http://evil.example' } })],
    ['a page of another port', 403, async () => ({ headers: { ...(await bearer()), origin: 'http://127.0.0.1:1' } })],
    ['an opaque page', 403, async () => ({ headers: { ...(await bearer()), origin: 'null' } })],
    ['a file as page', 403, async () => ({ headers: { ...(await bearer()), origin: 'file://' } })],
    ['an extension as page', 403, async () => ({ headers: { ...(await bearer()), origin: 'chrome-extension://abc' } })],
    ['a page that begins alike', 403, async () => ({ headers: { ...(await bearer()), host: 'a', origin: 'http://a.evil' } })],
    ['a page with a user', 403, async () => ({ headers: { ...(await bearer()), host: 'a', origin: 'http://a@evil' } })],
    ['an origin that is text', 403, async () => ({ headers: { ...(await bearer()), origin: 'http://' } })],
    ['a body', 400, async () => ({ headers: { ...(await bearer()), 'content-length': '5' }, body: 'hello' })],
    [
      'a body in chunks',
      400,
      async () => ({ headers: { ...(await bearer()), 'transfer-encoding': 'chunked' }, body: '5\r\nhello\r\n0\r\n\r\n' }),
    ],
    ['no key', 400, async () => ({ headers: { ...(await bearer()), 'sec-websocket-key': undefined } })],
    ['a key that is too short', 400, async () => ({ headers: { ...(await bearer()), 'sec-websocket-key': 'AQID' } })],
    ['no version', 400, async () => ({ headers: { ...(await bearer()), 'sec-websocket-version': undefined } })],
  ];
  it.for(attacks)('is refused with %s (%i)', async ([, status, asked]) => {
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY });
    const port = await listen(runtime);
    const answer = await ask(port, await asked());
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('pong');
    // Nothing was opened behind the refusal.
    const sessions = await runtime.app.inject({ url: '/v1/shell/sessions', headers: await bearer() });
    expect(sessions.json<{ data: unknown }>().data).toEqual({ sessions: {} });
  });

  it('is refused as any call is: with the envelope, the challenge, and an end of the connection', async () => {
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY });
    const { text } = await ask(await listen(runtime), {
      // A second request behind the first is not answered.
      body: 'GET /v1/ping HTTP/1.1\r\nhost: x\r\n\r\n',
    });
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(text).toMatch(/\r\nwww-authenticate: Bearer\r\n/i);
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(text.split('\r\n\r\n')[1]).toBe('{"success":false,"message":"A bearer token is needed.","data":null}');
  });

  const good: readonly [string, Readonly<Record<string, string>>][] = [
    ['no page', {}],
    ['its own page', { host: 'box.example:8080', origin: 'http://box.example:8080' }],
    ['its own page in other letters', { host: 'Box.Example', origin: 'http://box.example' }],
    ['its own page with the usual port', { host: 'box.example:443', origin: 'https://box.example' }],
    ['its own page behind a gateway', { host: '10.0.0.1', 'x-forwarded-host': 'box.example', origin: 'https://box.example' }],
    ['other letters in Upgrade', { upgrade: 'WebSocket' }],
  ];
  it.for(good)('is granted with a token and %s', async ([, headers]) => {
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY });
    const answer = await ask(await listen(runtime), { headers: { ...(await bearer()), ...headers } });
    expect(answer.text).toMatch(/^HTTP\/1\.1 101 /);
  });

  it('needs no token where none is configured, and no foreign page either', async () => {
    await using runtime = await testRuntime();
    const port = await listen(runtime);
    expect((await ask(port, {})).status).toBe(101);
    expect((await ask(port, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  });

  it('that offers something else is a plain request, with its body and those after it', async () => {
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY });
    const port = await listen(runtime);
    const body = JSON.stringify({ command: 'echo hi' });
    const answer = await ask(port, {
      method: 'POST',
      path: '/v1/shell/exec',
      headers: {
        ...(await bearer()),
        connection: 'Upgrade, HTTP2-Settings, close',
        upgrade: 'h2c',
        'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA',
        'content-type': 'application/json',
        'content-length': String(body.length),
      },
      body,
    });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"output":"hi\\n"')]);
  });

  it('before the answer to an earlier request ends its connection and no other', async () => {
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY });
    const port = await listen(runtime);
    for (const upgrade of ['websocket', 'h2c'])
      for (const headers of [{}, await bearer()]) {
        const lines = Object.entries({ host: 'x', connection: 'Upgrade', upgrade, ...headers }).map((pair) => pair.join(': '));
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined).resume();
        socket.write(`GET /v1/sandbox HTTP/1.1\r\nhost: x\r\n\r\nGET /v1/shell/ws HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
        await new Promise((resolve) => socket.once('close', resolve));
      }
    expect((await ask(port, { headers: await bearer() })).status).toBe(101);
  });

  it('whose client is gone before it is answered ends nothing but itself', async () => {
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY });
    const port = await listen(runtime);
    for (let turn = 0; turn < 20; turn += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`GET /v1/shell/ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.resetAndDestroy();
    }
    expect((await ask(port, { headers: await bearer() })).status).toBe(101);
  });

  it('does not keep the server from stopping', async () => {
    const runtime = await testRuntime();
    const port = await listen(runtime);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/shell/ws`);
    await new Promise((resolve) => socket.once('message', resolve));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await runtime[Symbol.asyncDispose]();
    expect([1001, 1006]).toContain(await closed);
  });
});
