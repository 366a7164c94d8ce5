import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { describe, expect, it, vi } from 'vitest';

import { bytesServer, echoServer, listen, testProxy } from './fixtures.ts';
import { createMapping, parseSource, parseTarget } from './mapping.ts';

const GENEROUS = { timeout: 30_000, interval: 10 };

describe('the forward proxy', () => {
  it('passes a request on and its answer back, whole', async () => {
    await using server = await echoServer('a');
    await using proxy = await testProxy();
    const got = await proxy.get(`http://127.0.0.1:${server.port}/p/../q?x=%20y`, {
      method: 'POST',
      headers: { 'x-one': 'Ü', 'content-type': 'text/plain' },
      body: 'the body',
    });
    expect(got.status).toBe(200);
    expect(got.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(got.asked).toMatchObject({ method: 'POST', url: '/p/../q?x=%20y', body: 'the body' });
    expect(got.asked.headers).toMatchObject({ host: `127.0.0.1:${server.port}`, 'x-one': 'Ü', 'content-length': '8' });
  });

  it('serves a mapped name, which the server sees as its Host', async () => {
    await using server = await echoServer('mapped');
    await using proxy = await testProxy({ map: [`app.test=${server.port}`, `http://app.test/api=${server.port}/v1`] });
    const page = await proxy.get('http://app.test/x');
    expect(page.asked).toMatchObject({ server: 'mapped', url: '/x', headers: { host: 'app.test' } });
    expect((await proxy.get('http://App.Test:81/api/y?z')).asked).toMatchObject({
      url: '/v1/y?z',
      headers: { host: 'App.Test:81' },
    });
  });

  it('goes by a rule from the next request on', async () => {
    await using one = await echoServer('one');
    await using two = await echoServer('two');
    await using proxy = await testProxy();
    const map = (port: number) => {
      const source = parseSource('app.test');
      const target = parseTarget(String(port));
      if (source !== undefined && target !== undefined) proxy.rules.setMapping(createMapping(source, target, String(port)));
    };
    map(one.port);
    expect((await proxy.get('http://app.test/')).asked.server).toBe('one');
    map(two.port);
    expect((await proxy.get('http://app.test/')).asked.server).toBe('two');
    proxy.rules.removeMapping('app.test');
    expect((await proxy.get('http://app.test/')).status).toBe(502);
  });

  it('reaches a server that listens on IPv6 alone under the name localhost', async () => {
    const server = createServer((_, response) => response.end('six'));
    await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
    const { port } = server.address() as { port: number };
    await using proxy = await testProxy({ map: [`app.test=localhost:${port}`] });
    expect((await proxy.get('http://app.test/')).body).toBe('six');
    await new Promise((resolve) => server.close(resolve));
  });

  it('carries a tunnel in both directions, also when one side has said all', async () => {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      let all = '';
      socket.on('data', (chunk) => (all += String(chunk))).once('end', () => socket.end(`got ${all}`));
    });
    await using remote = await listen(server);
    await using proxy = await testProxy({ map: [`app.test=${remote.port}`] });
    for (const name of ['app.test:443', `127.0.0.1:${remote.port}`]) {
      const socket = connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true });
      socket.end(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n\r\nbytes right behind`);
      expect(await text(socket)).toBe('HTTP/1.1 200 Connection established\r\n\r\ngot bytes right behind');
    }
  });

  it('carries as much as is sent, at the speed of the slower side', async () => {
    const size = 50 * 1024 * 1024;
    const chunk = Buffer.alloc(1024 * 1024, 1);
    const server = createServer((_, response) => {
      Readable.from(Array.from({ length: size / chunk.length }, () => chunk)).pipe(response);
    });
    await using remote = await listen(server);
    await using proxy = await testProxy();
    expect((await proxy.get(`http://127.0.0.1:${remote.port}/`)).body.length).toBe(size);
  });

  it('uses connections again, and asks anew when the server has closed one', async () => {
    let connections = 0;
    const server = createServer((_, response) => response.end('ok'));
    server.on('connection', () => connections++);
    await using remote = await listen(server);
    await using proxy = await testProxy();
    const url = `http://127.0.0.1:${remote.port}/`;
    await proxy.get(url);
    await proxy.get(url);
    expect(connections).toBe(1);
    for (const socket of remote.sockets) socket.resetAndDestroy();
    expect((await proxy.get(url)).body).toBe('ok');
    expect(connections).toBe(2);
  });

  it('ends what it asked for when the client hangs up', async () => {
    let held: Socket | undefined;
    const server = createServer((request) => void (held = request.socket));
    await using remote = await listen(server);
    await using proxy = await testProxy();
    const client = connect({ host: '127.0.0.1', port: proxy.port });
    client.write(`GET http://127.0.0.1:${remote.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await vi.waitFor(() => expect(held).toBeDefined(), GENEROUS);
    client.destroy();
    await vi.waitFor(() => expect(remote.sockets.size).toBe(0), GENEROUS);
  });

  it('cuts an answer that was cut, rather than end it', async () => {
    await using remote = await bytesServer('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    await using proxy = await testProxy();
    await expect(proxy.get(`http://127.0.0.1:${remote.port}/`)).rejects.toThrow();
  });

  const failures: readonly [string, (port: number) => string, number, string][] = [
    ['nothing listens', () => 'http://127.0.0.1:1/', 502, 'nothing listens there (ECONNREFUSED)'],
    ['the name is not known', () => 'http://no-such-name.invalid/', 502, 'can’t be reached'],
    ['the answer is none', (port) => `http://127.0.0.1:${port}/`, 502, 'no proper HTTP'],
  ];
  it.for(failures)('says so when %s', async ([, url, status, message]) => {
    await using remote = await bytesServer('SSH-2.0-OpenSSH\r\n');
    await using proxy = await testProxy();
    const got = await proxy.get(url(remote.port));
    expect([got.status, got.headers['content-type']]).toEqual([status, 'text/plain; charset=utf-8']);
    expect(got.body).toContain(message);
    expect(await proxy.send('CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n')).toContain('HTTP/1.1 502 Bad Gateway');
  });

  it('gives up on a server that does not answer, and on a tunnel without a byte', async () => {
    await using silent = await listen(createTcpServer((socket) => socket.resume().on('error', () => undefined)));
    await using proxy = await testProxy({ idleMs: 200 });
    expect((await proxy.get(`http://127.0.0.1:${silent.port}/`)).status).toBe(504);
    const name = `127.0.0.1:${silent.port}`;
    expect(await proxy.send(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n\r\n`)).toContain('200 Connection established');
    await vi.waitFor(() => expect(silent.sockets.size).toBe(0), GENEROUS);
  });

  it('takes no more connections than it may, and others once those have gone', async () => {
    await using server = await echoServer('a');
    await using proxy = await testProxy({ maxConnections: 2 });
    const held = [0, 1].map(() => connect({ host: '127.0.0.1', port: proxy.port }));
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await expect(proxy.get(`http://127.0.0.1:${server.port}/`)).rejects.toThrow();
    for (const socket of held) socket.destroy();
    await vi.waitFor(async () => expect((await proxy.get(`http://127.0.0.1:${server.port}/`)).status).toBe(200), GENEROUS);
  });

  it('leaves nothing open when it is closed, and can’t be started again', async () => {
    await using remote = await listen(createTcpServer((socket) => socket.resume().on('error', () => undefined)));
    const proxy = await testProxy();
    const name = `127.0.0.1:${remote.port}`;
    const tunnel = proxy.send(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
    const request = proxy.get(`http://${name}/`).catch(() => 'broken off');
    await vi.waitFor(() => expect(remote.sockets.size).toBe(2), GENEROUS);
    await proxy.proxy.close();
    expect(await tunnel).toContain('200');
    expect(await request).toBe('broken off');
    await vi.waitFor(() => expect(remote.sockets.size).toBe(0), GENEROUS);
    await expect(proxy.proxy.start()).rejects.toThrow('closed');
    await proxy.proxy.close();
  });
});
