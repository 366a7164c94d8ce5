import { createHash, randomBytes } from 'node:crypto';
import { request as ask } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import { closed, listen, listeningRuntime, portOf, program, sendRaw, until } from '../fixtures.ts';

const MEGABYTE = 1024 * 1024;
const url = (runtime: { readonly port: number }, inner: { readonly port: number }, path = '/'): string =>
  `http://127.0.0.1:${runtime.port}/proxy/${inner.port}${path}`;

/** A program that answers every connection with the same bytes. */
async function rawProgram(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await listen(server);
  return {
    port: portOf(server),
    sockets,
    [Symbol.asyncDispose]: () => closed(server, () => sockets.forEach((socket) => socket.destroy())),
  };
}

describe('a request to a program in the sandbox', () => {
  it.for(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s gets there with path, query, headers and body',
    async (method) => {
      await using inner = await program((request, response) => {
        response.writeHead(
          207,
          'Many',
          [
            ['Set-Cookie', 'a=1'],
            ['Set-Cookie', 'b=2; Path=/'],
            ['X-Path', request.url ?? ''],
          ].flat(),
        );
        void text(request).then((body) => response.end(`${request.method} ${request.headers['x-own']} ${body}`));
      });
      await using runtime = await listeningRuntime();
      const body = method === 'GET' ? {} : { body: 'büdy' };
      const answer = await fetch(url(runtime, inner, '/a%20b//c;d?x=1&x=%zz'), { method, headers: { 'x-own': 'mine' }, ...body });
      expect([answer.status, answer.headers.get('x-path')]).toEqual([207, '/a%20b//c;d?x=1&x=%zz']);
      expect(answer.headers.getSetCookie()).toEqual(['a=1', `b=2; Path=/proxy/${inner.port}/`]);
      expect(await answer.text()).toBe(`${method} mine ${method === 'GET' ? '' : 'büdy'}`);
    },
  );

  it('HEAD keeps the length that the body would have', async () => {
    await using inner = await program((_, response) => response.writeHead(200, { 'content-length': 1234 }).end());
    await using runtime = await listeningRuntime();
    const answer = await fetch(url(runtime, inner), { method: 'HEAD' });
    expect([answer.headers.get('content-length'), await answer.text()]).toEqual(['1234', '']);
  });

  it('carries a body of any size and type both ways, unchanged', async () => {
    await using inner = await program((request, response) => {
      response.setHeader('content-type', 'application/octet-stream');
      request.pipe(response);
    });
    await using runtime = await listeningRuntime();
    const block = randomBytes(MEGABYTE);
    const sent = createHash('sha256');
    const blocks = Readable.from(
      (function* () {
        for (let i = 0; i < 24; i++) {
          sent.update(block);
          yield block;
        }
      })(),
    );
    const got = createHash('sha256');
    await new Promise<void>((resolve, reject) => {
      const type = { 'content-type': 'application/json' };
      const asked = ask(url(runtime, inner), { method: 'POST', headers: type }, (answer) =>
        answer.on('data', (chunk: Buffer) => got.update(chunk)).on('end', resolve),
      );
      asked.on('error', reject);
      blocks.pipe(asked);
    });
    expect(got.digest('hex')).toBe(sent.digest('hex'));
  });

  it('passes each piece of an answer on at once', async () => {
    let next = () => {};
    await using inner = await program((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      next = () => void response.write('data: 1\n\n');
    });
    await using runtime = await listeningRuntime();
    const answer = await fetch(url(runtime, inner));
    const reader = answer.body?.getReader();
    next();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n');
    await reader?.cancel();
  });

  it('takes no more of an answer than its caller takes', async () => {
    let written = 0;
    await using inner = await program((_, response) => {
      const block = Buffer.alloc(MEGABYTE);
      const write = () => {
        if (++written < 512) response.write(block);
      };
      response.on('drain', write);
      write();
    });
    await using runtime = await listeningRuntime();
    const asked = ask(url(runtime, inner)).end();
    const answer = await new Promise<Readable>((resolve) => asked.on('response', resolve));
    answer.pause();
    let before = -1;
    // Sockets and buffers on the way fill, and then nothing moves any more.
    await until(async () => {
      const isStill = before === written;
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return isStill && written > 0;
    });
    expect(written).toBeLessThan(256);
    asked.destroy();
  });

  it('ends the program’s part when the caller hangs up', async () => {
    let gone = 0;
    await using inner = await program((request, response) => {
      response.on('close', () => gone++);
      if (request.url === '/begun') response.write('x');
    });
    await using runtime = await listeningRuntime();
    for (const path of ['/begun', '/waiting']) {
      const asked = ask(url(runtime, inner, path)).end();
      asked.on('error', () => undefined);
      const before = gone;
      await until(() => new Promise((resolve) => inner.server.getConnections((_, count) => resolve(count > 0))));
      asked.destroy();
      await until(() => gone > before);
    }
  });

  it('gives the answer of a program that does not read the body', async () => {
    await using inner = await program((_, response) => response.writeHead(413, { connection: 'close' }).end('too much'));
    await using runtime = await listeningRuntime();
    const answer = await new Promise<string>((resolve, reject) => {
      const asked = ask(
        url(runtime, inner),
        { method: 'POST', headers: { 'transfer-encoding': 'chunked' } },
        (answer) => void text(answer).then((body) => resolve(`${answer.statusCode} ${body}`), reject),
      );
      asked.on('error', () => undefined);
      asked.write('begin');
    });
    expect(answer).toBe('413 too much');
  });

  it('asks again where a kept connection turns out to be closed', async () => {
    let connections = 0;
    await using inner = await rawProgram((socket) => {
      const number = ++connections;
      let answers = 0;
      socket.on('data', () => {
        // The first connection promises to stay and then ends on its second request.
        if (number === 1 && answers === 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        answers++;
      });
    });
    await using runtime = await listeningRuntime();
    const get = async () => (await fetch(url(runtime, inner))).text();
    expect([await get(), await get(), connections]).toEqual(['ok', 'ok', 2]);
  });

  it('reaches a program that listens on ::1 alone', async () => {
    await using inner = await program((_, response) => response.end('six'), '::1');
    await using runtime = await listeningRuntime();
    expect(await (await fetch(url(runtime, inner))).text()).toBe('six');
  });

  const broken: readonly [string, string][] = [
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a header without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`],
    ['another protocol unasked', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['nothing', ''],
  ];
  it.for(broken)('answers 502 for a program that says %s', async ([, bytes]) => {
    await using inner = await rawProgram((socket) => socket.once('data', () => socket.end(bytes)));
    await using runtime = await listeningRuntime();
    const answer = await fetch(url(runtime, inner));
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ success: false, message: expect.stringContaining(`Port ${inner.port}`) });
  });

  it('breaks off an answer that breaks off', async () => {
    await using inner = await rawProgram((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
    );
    await using runtime = await listeningRuntime();
    const answer = await fetch(url(runtime, inner));
    await expect(answer.text()).rejects.toThrow();
  });

  it('does not wait for ever for an answer to begin', async () => {
    await using inner = await rawProgram((socket) => socket.resume());
    await using runtime = await listeningRuntime({ SANDFLEET_CARRY_HEAD_SECONDS: '0.2' });
    const answer = await fetch(url(runtime, inner));
    expect(answer.status).toBe(504);
    expect(await answer.text()).toContain('did not begin to answer');
    await until(() => inner.sockets.size === 0);
  });

  it('bounds what is under way', async () => {
    await using inner = await program((_, response) => void response.write('x'));
    await using runtime = await listeningRuntime({ SANDFLEET_MAX_CARRIED: '2' });
    const two = await Promise.all([fetch(url(runtime, inner)), fetch(url(runtime, inner))]);
    expect((await fetch(url(runtime, inner))).status).toBe(429);
    await Promise.all(two.map(async (answer) => answer.body?.cancel()));
    await until(async () => {
      const answer = await fetch(url(runtime, inner));
      await answer.body?.cancel();
      return answer.status === 200;
    });
  });

  it('ends with the sandbox', async () => {
    await using inner = await program((_, response) => void response.write('x'));
    const runtime = await listeningRuntime();
    const answer = await fetch(url(runtime, inner));
    const rest = answer.text().catch(() => 'broken off');
    await runtime[Symbol.asyncDispose]();
    expect(await rest).toBe('broken off');
  });

  it('refuses a request target that is for proxies', async () => {
    await using inner = await program((_, response) => response.end('reached'));
    await using runtime = await listeningRuntime();
    const target = `http://evil.test/proxy/${inner.port}/`;
    const answer = await sendRaw(runtime.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
  });
});
