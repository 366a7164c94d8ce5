import { createHash, randomBytes } from 'node:crypto';

import { jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { SandboxView } from './routing/views.ts';
import { GatewayFixture } from './testing/fixture.ts';
import { Pod } from './testing/pod.ts';
import { RawClient, rawRequest, until } from './testing/raw-client.ts';

const MEBIBYTE = 1024 * 1024;
const END = '\r\n';

let pod: Pod;
let gateway: GatewayFixture;
let sandbox: SandboxView;
let token: string;

beforeAll(async () => {
  pod = await Pod.start();
  gateway = await GatewayFixture.start({ pools: { port: pod.port, connectTimeoutMs: 500 } });
  sandbox = gateway.addSandbox({ id: 'a' });
  token = await gateway.token(sandbox);
});
afterAll(async () => {
  await gateway.stop();
  await pod.stop();
});
let handler: Pod['handler'];
beforeEach(() => {
  handler = pod.handler;
  pod.requests.length = 0;
});
afterEach(() => {
  pod.handler = handler;
  pod.onUpgrade = undefined;
});

const call = (path: string, init: RequestInit & { duplex?: 'half' } = {}) =>
  fetch(`${gateway.origin}/s/a${path}`, {
    redirect: 'manual',
    ...init,
    headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) },
  });
const head = (line: string, ...headers: readonly string[]) => [
  line,
  `Host: 127.0.0.1:${gateway.port}`,
  `Authorization: Bearer ${token}`,
  ...headers,
  END,
];

describe('a request', () => {
  it('reaches the pod with its bytes, without our credentials, and with the pod’s own token', async () => {
    await rawRequest(
      gateway.port,
      ...head('GET /s/a/v1/x%20y?a=%2F&ticket=T&b HTTP/1.1', 'Cookie: sandfleet-x=S; own=1', 'X-Sandbox-UID: evil', 'X-Kept: é'),
    );
    const { url, headers } = pod.last;
    expect(url).toBe('/v1/x%20y?a=%2F&b');
    expect(headers).toMatchObject({
      host: `127.0.0.1:${gateway.port}`,
      cookie: 'own=1',
      'x-kept': 'é',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${gateway.port}`,
      'x-forwarded-prefix': '/s/a',
    });
    expect(JSON.stringify(headers)).not.toContain(token);
    expect(headers).not.toHaveProperty('x-sandbox-uid');
    const inner = headers.authorization?.slice('Bearer '.length) ?? '';
    const { payload } = await jwtVerify(inner, gateway.keys.podTokens.active.publicKey, {
      algorithms: ['EdDSA'],
      audience: 'pod-of-a',
      issuer: 'sandfleet-gateway',
    });
    expect(payload).toMatchObject({ sub: 'apikey:ci', sandbox: 'uid-of-a', surface: 'rest', mode: 'control' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(300);
  });

  it('carries the client’s request id and traceparent on, and makes an id where there is none that is plain', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await call('/', { headers: { 'x-request-id': 'req-1', traceparent } });
    expect(answer.headers.get('x-request-id')).toBe('req-1');
    expect(pod.last.headers).toMatchObject({ 'x-request-id': 'req-1', traceparent });
    const other = await call('/', { headers: { 'x-request-id': 'a b"c' } });
    expect(other.headers.get('x-request-id')).toMatch(/^r[\w-]+$/);
    expect(pod.last.headers['x-request-id']).toBe(other.headers.get('x-request-id'));
  });

  it('says the port of a preview on a host name, which a client can’t', async () => {
    const other = await GatewayFixture.start({ domain: 'box.example', pools: { port: pod.port }, keys: gateway.keys });
    other.addSandbox({ id: 'a' });
    const lines = (host: string) => [
      'GET /x HTTP/1.1',
      `Host: ${host}`,
      `Authorization: Bearer ${token}`,
      'x-aio-proxy-port: 9',
      END,
    ];
    expect((await rawRequest(other.port, ...lines('3000-a.box.example'))).status).toBe(200);
    expect(pod.last.headers).toMatchObject({ 'x-aio-proxy-port': '3000', host: '3000-a.box.example' });
    expect((await rawRequest(other.port, ...lines('a.box.example'))).status).toBe(200);
    expect(pod.last.headers).not.toHaveProperty('x-aio-proxy-port');
    expect(pod.last.headers).not.toHaveProperty('x-forwarded-prefix');
    await other.stop();
  });

  it('may have a body of any size, both ways, byte for byte', async () => {
    pod.handler = (request, response) => void request.pipe(response);
    const sent = randomBytes(20 * MEBIBYTE);
    for (const body of [sent, new Blob([sent]).stream() as ReadableStream]) {
      const answer = await call('/', { method: 'POST', body, duplex: 'half' });
      const received = Buffer.from(await answer.arrayBuffer());
      expect(createHash('sha256').update(received).digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
    }
    expect(pod.requests.map(({ headers }) => headers['transfer-encoding'] ?? headers['content-length'])).toEqual([
      String(20 * MEBIBYTE),
      'chunked',
    ]);
  });

  it('is asked to go on with its body only when it may pass', async () => {
    pod.handler = (request, response) => void request.pipe(response);
    const client = await RawClient.connect(gateway.port);
    client.send(...head('POST /s/a/x HTTP/1.1', 'Content-Length: 5', 'Expect: 100-continue'));
    await until(() => client.text.includes('100 Continue'));
    client.text = '';
    client.send('hello');
    await until(() => client.text.includes('hello'));
    client.destroy();

    const stranger = await rawRequest(
      gateway.port,
      'POST /s/a/x HTTP/1.1',
      'Host: 127.0.0.1',
      'Content-Length: 5',
      'Expect: 100-continue',
      END,
    );
    expect(stranger.status).toBe(401);
  });

  it('may follow another on one connection, also before that one’s answer', async () => {
    pod.handler = (request, response) => void setTimeout(() => response.end(request.url), request.url === '/1' ? 50 : 0);
    const client = await RawClient.connect(gateway.port);
    client.send(...head('GET /s/a/1 HTTP/1.1'), ...head('GET /s/a/2 HTTP/1.1'));
    await until(() => client.text.includes('/2'));
    expect(client.text.indexOf('/1')).toBeLessThan(client.text.indexOf('/2'));
    client.destroy();
  });

  it('that offers another protocol is served as the plain request that it is', async () => {
    const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'];
    expect((await rawRequest(gateway.port, ...head('GET /s/a/x HTTP/1.1', ...offer))).status).toBe(200);
    expect(pod.last.headers).not.toHaveProperty('upgrade');
    pod.handler = (request, response) => void request.pipe(response);
    const client = await RawClient.connect(gateway.port);
    const closing = offer.with(0, 'Connection: Upgrade, HTTP2-Settings, X-Hop, close');
    client.send(...head('POST /s/a/x HTTP/1.1', 'Content-Length: 5', 'X-Hop: 1', ...closing).slice(0, -1), '', 'hello');
    await until(() => client.text.includes('hello'));
    expect(pod.last.headers).not.toHaveProperty('x-hop');
    await client.closed();
  });
});

describe('an answer', () => {
  it('comes with its status, headers and body, whatever its framing', async () => {
    const big = randomBytes(3 * MEBIBYTE);
    const answers: Readonly<Record<string, Pod['handler']>> = {
      length: (_, response) => response.writeHead(201, { 'content-length': big.length, 'x-own': '1' }).end(big),
      chunked: (_, response) => {
        response.writeHead(201, { 'x-own': '1' }).write(big.subarray(0, 10));
        response.end(big.subarray(10));
      },
      close: (_, response) => {
        response.socket?.write('HTTP/1.1 201 Created\r\nX-Own: 1\r\nConnection: close\r\n\r\n');
        response.socket?.end(big);
      },
    };
    for (const [name, handler] of Object.entries(answers)) {
      pod.handler = handler;
      const answer = await call('/');
      expect([name, answer.status, answer.headers.get('x-own')]).toEqual([name, 201, '1']);
      expect(Buffer.from(await answer.arrayBuffer()).equals(big)).toBe(true);
    }
  });

  it('without a body stays without', async () => {
    pod.handler = (request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 1000 }).end();
      else response.writeHead(request.url === '/304' ? 304 : 204).end();
    };
    const client = await RawClient.connect(gateway.port);
    client.send(...head('HEAD /s/a/ HTTP/1.1'), ...head('GET /s/a/304 HTTP/1.1'), ...head('GET /s/a/204 HTTP/1.1'));
    await until(() => client.text.includes('204 No Content'));
    expect(client.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 304', 'HTTP/1.1 204']);
    expect(client.text).toMatch(/content-length: 1000/i);
    client.destroy();
  });

  it('in chunks of a byte each is put together, so that a client that reads late costs no more than the bytes', async () => {
    const body = randomBytes(20_000).toString('latin1');
    const chunks = Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('');
    pod.handler = ({ socket }) => {
      const answer = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunks}0\r\n\r\n`;
      socket.end(Buffer.from(answer, 'latin1'));
    };
    const client = await RawClient.connect(gateway.port);
    client.send(...head('GET /s/a/ HTTP/1.1'));
    await until(() => client.text.endsWith('\r\n0\r\n\r\n'));
    const received: string[] = [];
    let at = client.text.indexOf('\r\n\r\n') + 4;
    for (let size = 1; size > 0; at += size + 2) {
      const end = client.text.indexOf('\r\n', at);
      size = Number.parseInt(client.text.slice(at, end), 16);
      at = end + 2;
      received.push(client.text.slice(at, at + size));
    }
    expect(received.join('') === body).toBe(true);
    expect(received.length).toBeLessThan(body.length / 10);
    client.destroy();
  });

  it('streams as it comes', async () => {
    const steps: (() => void)[] = [];
    pod.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      steps.push(
        () => response.write('data: 1\n\n'),
        () => response.end('data: 2\n\n'),
      );
    };
    const answer = await call('/events');
    const reader = answer.body?.getReader();
    const received: string[] = [];
    for (const step of steps) {
      step();
      received.push(new TextDecoder().decode((await reader?.read())?.value));
    }
    expect(received).toEqual(['data: 1\n\n', 'data: 2\n\n']);
    expect((await reader?.read())?.done).toBe(true);
  });

  it('is rewritten under the prefix, and its pages get an opaque origin', async () => {
    pod.handler = (_, response) =>
      response
        .writeHead(302, {
          location: '/lab?x',
          'set-cookie': ['a=1; Path=/', 'sandfleet-x=1; Path=/'],
          'content-type': 'text/html',
        })
        .end();
    const { headers } = await call('/');
    expect(headers.get('location')).toBe('/s/a/lab?x');
    expect(headers.getSetCookie()).toEqual(['a=1; Path=/s/a/']);
    expect(headers.get('content-security-policy')).toMatch(/^sandbox /);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('keeps the origin that all share where the pages are trusted, and gets its other headers all the same', async () => {
    pod.handler = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>');
    const trusting = await GatewayFixture.start({ trustsPages: true, pools: { port: pod.port } });
    const token = await trusting.token(trusting.addSandbox({ id: 'a' }));
    const { headers } = await fetch(`${trusting.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } });
    expect([headers.get('content-security-policy'), headers.get('referrer-policy')]).toEqual([null, 'no-referrer']);
    await trusting.stop();
  });

  it.for([
    ['with a length', { 'content-length': 400 * MEBIBYTE }],
    ['in chunks', {}],
  ] as const)('%s comes no faster than its client takes it', async ([, headers]) => {
    let written = 0;
    pod.handler = (_, response) => {
      response.writeHead(200, headers);
      const more = () => {
        while (written < 400 * MEBIBYTE) {
          written += MEBIBYTE;
          if (!response.write(Buffer.alloc(MEBIBYTE))) return void response.once('drain', more);
        }
        return void response.end();
      };
      more();
    };
    const client = await RawClient.connect(gateway.port);
    client.socket.pause();
    client.send(...head('GET /s/a/ HTTP/1.1'));
    await until(() => written > 0);
    await settled(() => written);
    // What the kernel's buffers on the way hold, and little more.
    expect(written).toBeLessThan(100 * MEBIBYTE);
    const counted = { bytes: 0 };
    client.socket.removeAllListeners('data');
    client.socket.on('data', (data) => (counted.bytes += data.length)).resume();
    await until(() => counted.bytes > 400 * MEBIBYTE);
    client.destroy();
  });
});

describe('an upload', () => {
  it.for([
    ['with a length', [`Content-Length: ${400 * MEBIBYTE}`], ['', '']],
    ['in chunks', ['Transfer-Encoding: chunked'], ['100000\r\n', '\r\n']],
  ] as const)('%s comes no faster than its pod takes it', async ([, headers, [before, after]]) => {
    let received = 0;
    let read: (() => void) | undefined;
    pod.handler = (request, response) => {
      read = () => request.on('data', (data: Buffer) => (received += data.length)).on('end', () => response.end('done'));
    };
    const client = await RawClient.connect(gateway.port);
    client.send(...head('POST /s/a/ HTTP/1.1', ...headers));
    let written = 0;
    const chunk = Buffer.concat([Buffer.from(before), Buffer.alloc(MEBIBYTE), Buffer.from(after)]);
    const more = () => {
      while (written < 400 * MEBIBYTE) {
        written += MEBIBYTE;
        if (!client.socket.write(chunk)) return void client.socket.once('drain', more);
      }
      if (before !== '') client.send('0', '', '');
      return undefined;
    };
    more();
    await until(() => read !== undefined);
    await settled(() => written);
    expect(written).toBeLessThan(100 * MEBIBYTE);
    read?.();
    await until(() => client.text.includes('done'));
    expect(received).toBe(400 * MEBIBYTE);
    client.destroy();
  });
});

/** Waits until a value stays as it is. */
async function settled(valueOf: () => number): Promise<void> {
  let before = -1;
  while (before !== valueOf()) {
    before = valueOf();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

describe('when something breaks', () => {
  it('the pod hears of a client that goes away', async () => {
    let isAborted = false;
    pod.handler = (_, response) => {
      response.on('close', () => (isAborted = true));
      response.write('x');
    };
    const client = await RawClient.connect(gateway.port);
    client.send(...head('GET /s/a/ HTTP/1.1'));
    await until(() => client.text.includes('\r\nx\r\n'));
    client.destroy();
    await until(() => isAborted);
  });

  it('the pod hears of a client that goes away before the answer began', async () => {
    let isAborted = false;
    pod.handler = (_, response) => void response.on('close', () => (isAborted = true));
    const client = await RawClient.connect(gateway.port);
    client.send(...head('GET /s/a/ HTTP/1.1'));
    await until(() => pod.requests.length === 1);
    client.destroy();
    await until(() => isAborted);
  });

  it('the pod hears of a client that goes away while its answer waits behind another one', async () => {
    const isOver: boolean[] = [];
    pod.handler = (request, response) => {
      response.on('close', () => isOver.push(true));
      if (request.url === '/large') response.end(Buffer.alloc(64 * MEBIBYTE));
      else if (request.url !== '/small') response.write('x');
      else response.end();
    };
    const client = await RawClient.connect(gateway.port);
    client.send(...['/first', '/small', '/large', '/open'].flatMap((path) => head(`GET /s/a${path} HTTP/1.1`)));
    await until(() => pod.requests.length === 4 && isOver.length === 1);
    client.destroy();
    await until(() => isOver.length === 4);
    const text = async () => gateway.registry.metrics();
    const counted = async () => /gateway_requests_total\{method="GET",code="499",surface="rest"\} (\d+)/.exec(await text())?.[1];
    expect(Number(await counted())).toBeGreaterThan(0);
  });

  it('the client hears of a pod that goes away in the middle of an answer', async () => {
    for (const isChunked of [true, false]) {
      pod.handler = (request, response) => {
        if (!isChunked) response.setHeader('content-length', 1000);
        response.write('x', () => request.socket.destroy());
      };
      await expect(call('/').then((answer) => answer.text())).rejects.toThrow('terminated');
    }
  });

  const failures: readonly (readonly [string, Pod['handler'], number, string])[] = [
    ['closes the connection', (request) => void request.socket.end(), 502, 'UPSTREAM_FAILED'],
    ['resets the connection', (request) => void request.socket.resetAndDestroy(), 502, 'UPSTREAM_FAILED'],
    ['speaks something else', (request) => void request.socket.end('hello\r\n\r\n'), 502, 'UPSTREAM_FAILED'],
    ['breaks off its head', (request) => void request.socket.end('HTTP/1.1 200 OK\r\nX: '), 502, 'UPSTREAM_FAILED'],
    [
      'smuggles with two lengths',
      (request) => void request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na'),
      502,
      'UPSTREAM_FAILED',
    ],
  ];
  it.for(failures)('a pod that %s is a 502', async ([, handler, status, code]) => {
    pod.handler = handler;
    const answer = await call('/', { method: 'POST', body: 'x' });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it('a pod that does not take the connection is a 502', async () => {
    gateway.addSandbox({ id: 'dead', ip: '127.0.0.99' });
    const answer = await fetch(`${gateway.origin}/s/dead/`, {
      headers: { authorization: `Bearer ${await gateway.token({ id: 'dead', uid: 'uid-of-dead' })}` },
    });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([502, 'UPSTREAM_FAILED']);
  });

  it('a GET is repeated once when an idle connection turns out to be dead, a POST is not', async () => {
    const seenBy = new WeakMap<object, number>();
    pod.handler = (request, response) => {
      const count = (seenBy.get(request.socket) ?? 0) + 1;
      seenBy.set(request.socket, count);
      if (count > 1) request.socket.destroy();
      else response.end('ok');
    };
    expect(await (await call('/')).text()).toBe('ok');
    expect(await (await call('/')).text()).toBe('ok');
    expect((await call('/', { method: 'POST', body: 'x' })).status).toBe(502);
    expect(pod.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'POST']);
  });

  it('an answer that comes before the whole request is passed on, and its connection is not used again', async () => {
    pod.handler = (_, response) => void response.writeHead(413).end('too large');
    const fresh = await GatewayFixture.start({ pools: { port: pod.port }, keys: gateway.keys });
    fresh.addSandbox({ id: 'a' });
    const client = await RawClient.connect(fresh.port);
    client.send(...head('POST /s/a/ HTTP/1.1', 'Content-Length: 1000000')).send('x'.repeat(1000));
    await until(() => client.text.includes('too large'));
    // The pod would read the next request as the rest of this one.
    expect(fresh.gateway.pools.idle).toBe(0);
    client.destroy();
    await fresh.stop();
  });
});

describe('while there is no pod to send to', () => {
  it('says so at once, with when to come again, and why', async () => {
    const view = { ...sandbox, id: 'starting', uid: 'u-starting', reason: 'ImagePull: pulling the image' };
    gateway.routes.setSandbox(view);
    const url = `${gateway.origin}/s/starting/v1/sandbox`;
    const authorization = `Bearer ${await gateway.token(view)}`;
    const answer = await fetch(url, { headers: { authorization } });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ code: 'SANDBOX_NOT_READY', detail: 'ImagePull: pulling the image' });
    const page = await fetch(url, { headers: { authorization, accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('ImagePull: pulling the image');
  });

  it('asks for patience where a new sandbox is not in the watch cache yet', async () => {
    const answer = await fetch(`${gateway.origin}/s/newborn/`, {
      headers: { authorization: `Bearer ${await gateway.token({ id: 'newborn', uid: 'u-newborn' })}` },
    });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    const old = await gateway.token({ id: 'newborn', uid: 'u-newborn' }, { now: new Date(Date.now() - 60_000) });
    expect((await fetch(`${gateway.origin}/s/newborn/`, { headers: { authorization: `Bearer ${old}` } })).status).toBe(404);
  });

  it('limits the connections of clients', async () => {
    const small = await GatewayFixture.start({ maxConnections: 2, keys: gateway.keys });
    const clients = await Promise.all([1, 2].map(() => RawClient.connect(small.port)));
    const third = await RawClient.connect(small.port);
    await third.closed();
    expect(clients.map(({ isClosed }) => isClosed)).toEqual([false, false]);
    expect(await small.registry.metrics()).toContain('gateway_connections_refused_total 1');
    await small.stop();
  });

  it('limits what is open at once', async () => {
    const small = await GatewayFixture.start({ pools: { port: pod.port, maxConnectionsPerPod: 2 }, keys: gateway.keys });
    small.addSandbox({ id: 'a' });
    const release: (() => void)[] = [];
    pod.handler = (_, response) => void release.push(() => response.end('ok'));
    const get = () => fetch(`${small.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } });
    const open = [get(), get()];
    await until(() => release.length === 2);
    const refused = await get();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    for (const end of release) end();
    expect((await Promise.all(open)).map(({ status }) => status)).toEqual([200, 200]);
    await small.stop();
  });
});
