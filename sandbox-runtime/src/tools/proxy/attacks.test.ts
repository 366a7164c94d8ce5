import { networkInterfaces } from 'node:os';

import { describe, expect, it } from 'vitest';

import { bytesServer, echoServer, testProxy, upstreamProxy } from './fixtures.ts';

const outside = Object.values(networkInterfaces())
  .flat()
  .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address;

describe('ports of the sandbox itself', () => {
  const hosts = [
    '127.0.0.1',
    'localhost',
    'a.localhost',
    'LOCALHOST.',
    '127.8.8.8',
    '127.1',
    '2130706433',
    '0x7f.1',
    '017700000001',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[0:0:0:0:0:0:0:1]',
    ...(outside === undefined ? [] : [outside, `[::ffff:${outside}]`]),
  ];
  it.for(hosts)('are out of reach as %s', async (host) => {
    await using server = await echoServer('own');
    await using proxy = await testProxy({ own: [server.port] });
    const name = `${host}:${server.port}`;
    const plain = await proxy.send(`GET http://${name}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(plain).toMatch(/^HTTP\/1\.1 403 /);
    expect(await proxy.send(`CONNECT ${name} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(server.sockets.size).toBe(0);
  });

  it('are out of reach under a mapped name, whatever the target is called', async () => {
    await using server = await echoServer('own');
    const map = ['a.test=', 'b.test=localhost:', 'c.test=127.1:', 'd.test=[::ffff:127.0.0.1]:'].map((m) => m + server.port);
    await using proxy = await testProxy({ own: [server.port], map });
    for (const name of ['a.test', 'b.test', 'c.test', 'd.test']) {
      expect((await proxy.get(`http://${name}/`)).status).toBe(403);
      expect(await proxy.send(`CONNECT ${name}:443 HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
    }
    expect(server.sockets.size).toBe(0);
  });

  it('are not asked of an upstream proxy by address either', async () => {
    await using upstream = await upstreamProxy();
    await using proxy = await testProxy({ own: [9222], server: `127.0.0.1:${upstream.port}` });
    const address = outside ?? '0.0.0.0';
    expect((await proxy.get(`http://${address}:9222/json`)).status).toBe(403);
    expect(await proxy.send(`CONNECT ${address}:9222 HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(upstream.asked).toEqual([]);
  });

  it('are one with the proxy’s own: no request runs in a circle', async () => {
    await using proxy = await testProxy();
    expect((await proxy.get(`http://127.0.0.1:${proxy.port}/`)).status).toBe(403);
    expect((await proxy.get(`http://localhost:${proxy.port}/`)).status).toBe(403);
  });
});

describe('a request', () => {
  const refused: readonly [string, string, RegExp][] = [
    [
      'with both framings',
      'POST http://HOST/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'with two lengths',
      'POST http://HOST/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
      /^HTTP\/1\.1 400 /,
    ],
    ['with a signed length', 'POST http://HOST/ HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd', /^HTTP\/1\.1 400 /],
    [
      'with an unknown coding',
      'POST http://HOST/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['with a bare CR in a header', 'GET http://HOST/ HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'with a space before the colon',
      'GET http://HOST/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['with too many headers', `GET http://HOST/ HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(1000)}\r\n`, /^HTTP\/1\.1 400 /],
    ['with a long header', `GET http://HOST/ HTTP/1.1\r\nHost: x\r\na: ${'b'.repeat(70_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['for a path', 'GET / HTTP/1.1\r\nHost: HOST\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['for https without a tunnel', 'GET https://HOST/ HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['for a file', 'GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['with credentials before the host', 'GET http://u:p@HOST/ HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['with two hosts in one', 'GET http://HOST\\@evil.test/ HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['with an encoded host', 'GET http://127.0.0.1%2f@HOST/ HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['with a port that is none', 'GET http://127.0.0.1:99999/ HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['for everything', 'OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['that wants its own echo', 'TRACE http://HOST/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n', /^HTTP\/1\.1 405 /],
    ['for a tunnel without a port', 'CONNECT 127.0.0.1 HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['for a tunnel to a URL', 'CONNECT http://HOST/ HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['for a tunnel to a scoped address', 'CONNECT [fe80::1%25eth0]:80 HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['that is none', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1\.1 400 /],
  ];
  it.for(refused)('%s goes nowhere', async ([, bytes, answer]) => {
    await using server = await echoServer('a');
    await using proxy = await testProxy();
    const seen = await proxy.send(bytes.replaceAll('HOST', `127.0.0.1:${server.port}`));
    expect(seen).toMatch(answer);
    expect(seen).not.toContain('"server"');
    expect((await proxy.get(`http://127.0.0.1:${server.port}/`)).status).toBe(200);
  });

  it('leaves behind what is of its own connection, and can’t take away what is ours', async () => {
    await using server = await echoServer('a');
    await using proxy = await testProxy();
    const got = await proxy.get(`http://127.0.0.1:${server.port}/`, {
      method: 'POST',
      headers: {
        host: 'other.test',
        connection: 'x-private, host, content-length, close',
        'x-private': '1',
        'x-kept': '2',
        'proxy-authorization': 'Basic Zm9v',
        'proxy-connection': 'keep-alive',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        upgrade: 'h2c',
        'http2-settings': 'AAA',
        expect: '100-continue',
        'content-length': '4',
      },
      body: 'four',
    });
    const { headers, body } = got.asked;
    expect([headers['host'], headers['x-kept'], headers['content-length'], body]).toEqual([
      `127.0.0.1:${server.port}`,
      '2',
      '4',
      'four',
    ]);
    const own = [
      'x-private',
      'proxy-authorization',
      'proxy-connection',
      'keep-alive',
      'te',
      'upgrade',
      'http2-settings',
      'expect',
    ];
    expect(own.filter((name) => headers[name] !== undefined)).toEqual([]);
  });

  it('is framed anew: nothing behind its body becomes a second one', async () => {
    await using server = await echoServer('a');
    await using proxy = await testProxy();
    const host = `127.0.0.1:${server.port}`;
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
    const seen = await proxy.send(
      `POST http://${host}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n` +
        `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    );
    expect(seen.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect(seen).toContain(JSON.stringify(hidden).slice(1, -1));
  });
});

describe('an answer', () => {
  const hostile: readonly [string, string][] = [
    ['with both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['with too many headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(1000)}Content-Length: 0\r\n\r\n`],
    ['with endless headers', `HTTP/1.1 200 OK\r\n${`a: ${'b'.repeat(1000)}\r\n`.repeat(200)}\r\n`],
    ['that changes the protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['with a status that is none', 'HTTP/1.1 007 Bond\r\nContent-Length: 0\r\n\r\n'],
    ['with a NUL in a header', 'HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 0\r\n\r\n'],
    ['that is empty', ''],
  ];
  it.for(hostile)('%s becomes a 502', async ([, bytes]) => {
    await using server = await bytesServer(bytes);
    await using proxy = await testProxy();
    expect((await proxy.get(`http://127.0.0.1:${server.port}/`)).status).toBe(502);
  });

  it('can’t be stripped of its length, nor keep what is of its connection', async () => {
    await using server = await bytesServer(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: content-length, x-private\r\n' +
        'X-Private: 1\r\nProxy-Authenticate: Basic\r\n\r\nok',
    );
    await using proxy = await testProxy();
    const { status, headers, body } = await proxy.get(`http://127.0.0.1:${server.port}/`);
    expect([status, body, headers['content-length'], headers['x-private'], headers['proxy-authenticate']]).toEqual([
      200,
      'ok',
      '2',
      undefined,
      undefined,
    ]);
  });
});
