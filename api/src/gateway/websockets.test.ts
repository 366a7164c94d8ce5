import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'undici';

import { generateSigningKeys } from '../tokens/key-sets.ts';
import type { SandboxView } from './routing/views.ts';
import { createKeys, GatewayFixture } from './testing/fixture.ts';
import { acceptKey, Pod } from './testing/pod.ts';
import { RawClient, rawRequest, until } from './testing/raw-client.ts';

const MEBIBYTE = 1024 * 1024;
/** As a browser says it that opens a page. */
const NAVIGATE = 'Sec-Fetch-Mode: navigate';

let pod: Pod;
let gateway: GatewayFixture;
let sandbox: SandboxView;
let token: string;

beforeAll(async () => {
  pod = await Pod.start();
  gateway = await GatewayFixture.start({ pools: { port: pod.port }, timing: { halfClosedMs: 1000 } });
  sandbox = gateway.addSandbox({ id: 'a' });
  token = await gateway.token(sandbox);
});
afterAll(async () => {
  await gateway.stop();
  await pod.stop();
});
beforeEach(() => {
  pod.requests.length = 0;
});
afterEach(() => {
  pod.onUpgrade = undefined;
});

interface Opened {
  readonly socket: WebSocket;
  readonly messages: string[];
  readonly isClosed: () => boolean;
}

async function open(
  path: string,
  { protocols = [], bearer = token }: { protocols?: string[]; bearer?: string } = {},
): Promise<Opened> {
  const url = `ws://127.0.0.1:${gateway.port}/s/a${path}`;
  const socket = new WebSocket(url, { protocols, headers: { authorization: `Bearer ${bearer}` } });
  const messages: string[] = [];
  let closed = false;
  socket.addEventListener('message', ({ data }) => messages.push(String(data)));
  socket.addEventListener('close', () => (closed = true));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', ({ message }) => reject(new Error(message)));
  });
  return { socket, messages, isClosed: () => closed };
}

const upgrade = (path: string, ...headers: readonly string[]) => [
  `GET /s/a${path} HTTP/1.1`,
  `Host: 127.0.0.1:${gateway.port}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ...headers,
  '\r\n',
];
const authorized = (path: string, ...headers: readonly string[]) => upgrade(path, `Authorization: Bearer ${token}`, ...headers);

describe('a WebSocket', () => {
  it('carries messages of any size both ways, and its subprotocol', async () => {
    const { socket, messages } = await open('/v1/shell/ws?session_id=1', { protocols: ['binary', 'base64'] });
    expect(socket.protocol).toBe('binary');
    const long = 'y'.repeat(5 * MEBIBYTE);
    for (const text of ['', 'hello', long]) socket.send(text);
    await until(() => messages.length === 3);
    expect(messages).toEqual(['', 'hello', long]);
    expect(pod.last).toMatchObject({
      url: '/v1/shell/ws?session_id=1',
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    expect(JSON.stringify(pod.last.headers)).not.toContain(token);
    socket.close();
  });

  it('may speak in the same packet as its request', async () => {
    pod.onUpgrade = (request, socket, head) => {
      socket.write(
        `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(request)}\r\n\r\nfirst`,
      );
      socket.write(head);
      socket.on('data', (data) => socket.write(data));
    };
    const client = await RawClient.connect(gateway.port);
    client.send(...authorized('/websockify')).send('early');
    await until(() => client.text.endsWith('\r\n\r\nfirstearly'));
    client.destroy();
  });

  it('ends when either side ends', async () => {
    const first = await open('/terminal');
    first.socket.close();
    await until(() => first.isClosed() && gateway.gateway.websockets === 0);

    const second = await open('/terminal');
    for (const socket of pod.sockets) socket.destroy();
    await until(second.isClosed);
    await until(() => gateway.gateway.websockets === 0);
  });

  it('that its client leaves half open does not stay', async () => {
    pod.onUpgrade = (_, socket) => {
      socket.write('HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      // The pod does not end its side.
      socket.removeAllListeners('end').resume();
    };
    const client = await RawClient.connect(gateway.port);
    client.send(...authorized('/terminal'));
    await until(() => client.text.includes('101'));
    client.socket.end();
    await client.closed();
    await until(() => gateway.gateway.websockets === 0);
  });

  it('whose client goes away before the pod has answered does not stay', async () => {
    let isOver = false;
    pod.onUpgrade = (_, socket) => void socket.resume().on('close', () => (isOver = true));
    const client = await RawClient.connect(gateway.port);
    client.send(...authorized('/terminal'));
    await until(() => pod.requests.length === 1);
    expect(gateway.gateway.websockets).toBe(1);
    // An end of its side, as a browser sends it when its tab is closed.
    client.socket.end();
    await until(() => gateway.gateway.websockets === 0 && isOver);
    await client.closed();
  });

  it('may follow an answer that came whole on its connection', async () => {
    const client = await RawClient.connect(gateway.port);
    client.send(`GET /s/a/x HTTP/1.1`, `Host: 127.0.0.1:${gateway.port}`, `Authorization: Bearer ${token}`, '\r\n');
    expect((await client.answer()).status).toBe(200);
    client.send(...authorized('/terminal'));
    await until(() => client.text.includes('101'));
    client.destroy();
  });

  it('ends with the key that signed its credential, and not with another one', async () => {
    const keys = await createKeys();
    const other = await GatewayFixture.start({ keys, pools: { port: pod.port } });
    const bearer = await other.token(other.addSandbox({ id: 'a' }));
    const client = await RawClient.connect(other.port);
    client.send(...upgrade('/terminal', `Authorization: Bearer ${bearer}`));
    await until(() => client.text.includes('101'));
    const next = JSON.parse((await generateSigningKeys())['sandbox-tokens.json'] ?? '') as { active: string; keys: object[] };
    const { kid, privateKey } = keys.sandboxTokens.active;
    const old = { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256' };
    const podKey = keys.podTokens.active;
    const podJwk = { ...podKey.privateKey.export({ format: 'jwk' }), kid: podKey.kid, alg: 'EdDSA' };
    const podTokens = JSON.stringify({ active: podKey.kid, keys: [podJwk] });
    const load = (sandboxKeys: readonly object[]) =>
      keys.update({
        'sandbox-tokens.json': JSON.stringify({ active: next.active, keys: sandboxKeys }),
        'pod-tokens.json': podTokens,
      });
    load([...next.keys, old]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(client.isClosed).toBe(false);
    load(next.keys);
    await client.closed();
    await other.stop();
  });

  it('takes no more from the pod than its client takes', async () => {
    let written = 0;
    pod.onUpgrade = (_, socket) => {
      socket.write('HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      const more = () => {
        while (written < 400 * MEBIBYTE) {
          written += MEBIBYTE;
          if (!socket.write(Buffer.alloc(MEBIBYTE))) return void socket.once('drain', more);
        }
        return void socket.end();
      };
      more();
    };
    const client = await RawClient.connect(gateway.port);
    client.send(...authorized('/websockify'));
    await until(() => client.text.includes('101'));
    client.socket.pause();
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(written).toBeLessThan(100 * MEBIBYTE);
    const counted = { bytes: client.text.length };
    client.socket.removeAllListeners('data');
    client.socket.on('data', (data) => (counted.bytes += data.length)).resume();
    await until(() => counted.bytes > 400 * MEBIBYTE);
    client.destroy();
  });

  it('that the pod does not take gets the pod’s answer', async () => {
    pod.onUpgrade = (_, socket) =>
      void socket.end(
        'HTTP/1.1 426 Upgrade Required\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nX-Own: 1\r\n\r\nrefused',
      );
    const answer = await rawRequest(gateway.port, ...authorized('/v1/shell/ws'));
    expect(answer).toMatchObject({ status: 426, body: 'refused', headers: { 'x-own': '1', connection: 'close' } });
  });

  it('to a pod that goes away gets a 502', async () => {
    pod.onUpgrade = (_, socket) => void socket.destroy();
    expect((await rawRequest(gateway.port, ...authorized('/v1/shell/ws'))).status).toBe(502);
  });

  const refused: readonly (readonly [string, () => readonly string[], number, string])[] = [
    ['without a credential', () => upgrade('/v1/shell/ws'), 401, 'UNAUTHENTICATED'],
    ['from a foreign page', () => authorized('/v1/shell/ws', 'Origin: https://evil.example'), 403, 'ORIGIN_REFUSED'],
    ['from an opaque page', () => authorized('/v1/shell/ws', 'Origin: null'), 403, 'ORIGIN_REFUSED'],
    ['from two pages', () => authorized('/v1/shell/ws', 'Origin: null', 'Origin: null'), 400, 'BAD_REQUEST'],
    ['to a path that climbs', () => authorized('/vnc/..%2fv1/shell/ws'), 400, 'BAD_PATH'],
    ['to an unknown host', () => authorized('/x').with(1, 'Host: evil.example'), 421, 'UNKNOWN_HOST'],
  ];
  it.for(refused)('%s is refused before the pod is dialled', async ([, lines, status, code]) => {
    const before = pod.connections;
    const answer = await rawRequest(gateway.port, ...lines());
    expect([answer.status, answer.json['code'], answer.headers['connection']]).toEqual([status, code, 'close']);
    expect([pod.connections, pod.requests]).toEqual([before, []]);
  });

  it('of its own page is taken', async () => {
    const client = await RawClient.connect(gateway.port);
    client.send(...authorized('/v1/shell/ws', `Origin: http://127.0.0.1:${gateway.port}`));
    await until(() => client.text.includes('101 Switching Protocols'));
    client.destroy();
  });
});

describe('tickets and cookies on WebSockets', () => {
  const opens = async (...lines: readonly string[]): Promise<number> => {
    const client = await RawClient.connect(gateway.port);
    client.send(...lines);
    await until(() => client.text.includes('\r\n\r\n') || client.isClosed);
    client.destroy();
    return Number(client.text.split(' ')[1]);
  };

  it('a ticket opens one', async () => {
    const ticket = await gateway.ticket(sandbox, { surface: 'terminal', mode: 'control' });
    expect(await opens(...upgrade(`/v1/shell/ws?ticket=${ticket}&session_id=1`))).toBe(101);
    expect(pod.last.url).toBe('/v1/shell/ws?session_id=1');
    expect(await opens(...upgrade(`/v1/shell/ws?ticket=${ticket}`))).toBe(401);
  });

  it('a ticket for viewing opens the screen and no shell, and is not spent on the shell', async () => {
    const shell = await gateway.ticket(sandbox, { surface: 'terminal', mode: 'view' });
    expect(await opens(...upgrade(`/v1/shell/ws?ticket=${shell}`))).toBe(403);
    const screen = await gateway.ticket(sandbox, { surface: 'vnc', mode: 'view' });
    expect(await opens(...upgrade(`/v1/shell/ws?ticket=${screen}`))).toBe(403);
    expect(await opens(...upgrade(`/websockify?ticket=${screen}`))).toBe(101);
  });

  it('a cookie opens one from the sandbox’s own page alone, also beside the spent ticket of that page', async () => {
    const ticket = await gateway.ticket(sandbox, { surface: 'vnc', mode: 'control' });
    const page = await rawRequest(
      gateway.port,
      `GET /s/a/vnc/index.html?ticket=${ticket} HTTP/1.1`,
      'Host: 127.0.0.1',
      NAVIGATE,
      '\r\n',
    );
    expect(page.status).toBe(303);
    const cookie = `Cookie: ${page.headers['set-cookie']?.split(';')[0]}`;
    const own = `Origin: http://127.0.0.1:${gateway.port}`;
    expect(await opens(...upgrade('/websockify', cookie, own))).toBe(101);
    expect(pod.last.headers).not.toHaveProperty('cookie');
    expect(await opens(...upgrade(`/websockify?ticket=${ticket}`, cookie, own))).toBe(101);
    expect(await opens(...upgrade('/websockify', cookie))).toBe(403);
    expect(await opens(...upgrade('/websockify', cookie, 'Origin: null'))).toBe(403);
    expect(await opens(...upgrade('/websockify', cookie, 'Origin: https://evil.example'))).toBe(403);
    expect(await opens(...upgrade('/v1/shell/ws', cookie, own))).toBe(403);
  });
});

describe('the pages of a sandbox', () => {
  const modes = [
    ['in path mode, where they are trusted', {}, '127.0.0.1:8443', '/s/a', 'http'],
    ['on a host of their own', { url: 'https://gw.example', domain: 'box.example' }, 'a.box.example', '', 'https'],
  ] as const;
  const surfaces = [
    ['vnc', '/vnc/index.html', '/websockify'],
    ['terminal', '/terminal', '/v1/shell/ws'],
    ['codeServer', '/code-server/', '/code-server/socket'],
  ] as const;
  const cases = modes.flatMap((mode) => surfaces.map((surface) => [surface[0], mode[0], mode, surface] as const));
  it.for(cases)('%s open by a ticket, and then their socket by the cookie, %s', async ([, , mode, [surface, page, socket]]) => {
    const [, options, host, prefix, scheme] = mode;
    const own = await GatewayFixture.start({ ...options, trustsPages: true, pools: { port: pod.port } });
    const ticket = await own.ticket(own.addSandbox({ id: 'a' }), { surface, mode: 'control' });
    const send = (path: string, ...headers: readonly string[]) =>
      rawRequest(own.port, `GET ${prefix}${path} HTTP/1.1`, `Host: ${host}`, ...headers, '\r\n');
    // As the published URL of the screen has it: once for the page, once for its socket.
    const opened = await send(
      `${page}?ticket=${ticket}&path=x%3Fticket%3D${ticket}`,
      NAVIGATE,
      'X-Forwarded-Prefix: /evil',
      'X-Forwarded-Host: evil',
    );
    expect([opened.status, opened.headers['location']]).toEqual([303, `${prefix}${page}?path=x%3Fticket%3D${ticket}`]);
    expect(opened.headers['set-cookie']).toContain('SameSite=Lax');
    const cookie = `Cookie: ${opened.headers['set-cookie']?.split(';')[0]}`;
    const shown = await send(page, cookie, 'X-Forwarded-Prefix: /evil', 'X-Forwarded-Host: evil', 'X-Forwarded-Proto: gopher');
    expect([shown.status, shown.headers['content-security-policy']]).toEqual([200, undefined]);
    expect(pod.last.headers).toMatchObject({ 'x-forwarded-host': host, 'x-forwarded-proto': scheme });
    expect(pod.last.headers['x-forwarded-prefix']).toBe(prefix === '' ? undefined : prefix);
    const status = async (...headers: readonly string[]) => {
      const client = await RawClient.connect(own.port);
      const lines = upgrade(`${socket}?ticket=${ticket}`, cookie, ...headers).map((line) =>
        line.replace('/s/a', prefix).replace(/^Host: .*/, `Host: ${host}`),
      );
      client.send(...lines);
      await until(() => client.text.includes('\r\n\r\n') || client.isClosed);
      client.destroy();
      return Number(client.text.split(' ')[1]);
    };
    expect(await status(`Origin: ${scheme}://${host}`)).toBe(101);
    expect(await status('Origin: null')).toBe(403);
    expect(await status(`Origin: ${scheme}://evil.example`)).toBe(403);
    expect(await status()).toBe(403);
    await own.stop();
  });
});
