import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

import { describe, expect, it } from 'vitest';

import { HANDSHAKE, listeningRuntime, openSocket, program, until, type Program } from '../fixtures.ts';

const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: abc\r\n\r\n';

/** A program that switches and then does with the bare connection what is told. */
async function switching(onSocket: (socket: Socket, url: string) => void, first = ''): Promise<Program> {
  const inner = await program((_, response) => response.writeHead(426).end('upgrade first'));
  inner.server.on('upgrade', (request, stream) => {
    // A server on TCP has sockets.
    const socket = stream as Socket;
    socket.on('error', () => socket.destroy());
    socket.write(SWITCH + first);
    onSocket(socket, request.url ?? '');
  });
  return inner;
}

const collect = (socket: Socket, first: Buffer = Buffer.alloc(0)): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks = [first];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('close', () => resolve(Buffer.concat(chunks)));
    socket.on('end', () => socket.end());
    socket.resume();
  });

describe('a WebSocket to a program in the sandbox', () => {
  it('carries the handshake, early bytes, and both ways of a connection that ends one way first', async () => {
    let seen = '';
    await using inner = await switching((socket, url) => {
      seen = url;
      let text = '';
      // Answers only once the other side has finished.
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('end', () => socket.end(`all: ${text}`));
    }, 'welcome ');
    await using runtime = await listeningRuntime();
    const { socket, status, head, first } = await openSocket(runtime.port, `/proxy/${inner.port}/ws?a=b`);
    expect([status, seen]).toEqual([101, '/ws?a=b']);
    expect(head).toContain('Sec-WebSocket-Accept: abc');
    const all = collect(socket, first);
    socket.write('one ');
    socket.end('two');
    expect((await all).toString()).toBe('welcome all: one two');
  });

  it('carries 64 MiB each way without change', async () => {
    const block = randomBytes(1024 * 1024);
    await using inner = await switching((socket) => socket.pipe(socket));
    await using runtime = await listeningRuntime();
    const { socket } = await openSocket(runtime.port, `/proxy/${inner.port}/`);
    const sent = createHash('sha256');
    const got = createHash('sha256');
    const over = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => got.update(chunk)).on('end', resolve);
    });
    socket.resume();
    for (let i = 0; i < 64; i++) {
      sent.update(block);
      if (!socket.write(block)) await new Promise<void>((resolve) => socket.once('drain', () => resolve()));
    }
    socket.end();
    await over;
    expect(got.digest('hex')).toBe(sent.digest('hex'));
  });

  it('holds nothing for a side that does not read', async () => {
    let blocks = 0;
    await using inner = await switching((socket) => {
      const block = Buffer.alloc(1024 * 1024);
      const write = () => {
        if (++blocks < 512) socket.write(block);
      };
      socket.on('drain', write);
      write();
    });
    await using runtime = await listeningRuntime();
    const { socket } = await openSocket(runtime.port, `/proxy/${inner.port}/`);
    socket.pause();
    let before = -1;
    await until(async () => {
      const isStill = before === blocks;
      before = blocks;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return isStill && blocks > 0;
    });
    expect(blocks).toBeLessThan(256);
    socket.destroy();
  });

  it('ends at both ends, whichever goes first', async () => {
    const inside = new Set<Socket>();
    await using inner = await switching((socket) => {
      inside.add(socket.on('close', () => inside.delete(socket)));
      socket.resume().on('end', () => socket.end());
    });
    await using runtime = await listeningRuntime();
    const path = `/proxy/${inner.port}/`;
    const first = await openSocket(runtime.port, path);
    first.socket.resetAndDestroy();
    await until(() => inside.size === 0);
    const second = await openSocket(runtime.port, path);
    const over = collect(second.socket);
    for (const socket of inside) socket.destroy();
    expect((await over).toString()).toBe('');
  });

  it('gives the answer of a program that does not switch', async () => {
    await using inner = await program((_, response) => response.end());
    inner.server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
    await using runtime = await listeningRuntime();
    const { socket, status, first } = await openSocket(runtime.port, `/proxy/${inner.port}/`);
    expect([status, (await collect(socket, first)).toString()]).toEqual([403, 'no']);
  });

  it('says 502 where nobody listens', async () => {
    const inner = await program(() => undefined);
    await inner[Symbol.asyncDispose]();
    await using runtime = await listeningRuntime();
    const { socket, status, first } = await openSocket(runtime.port, `/proxy/${inner.port}/`);
    expect(status).toBe(502);
    expect((await collect(socket, first)).toString()).toContain(`Port ${inner.port}`);
  });

  it('lets go of a program that takes its time when the caller is gone', async () => {
    const inside = new Set<Socket>();
    await using inner = await program(() => undefined);
    inner.server.on('upgrade', (_, socket) => {
      inside.add(socket as Socket);
      socket.on('close', () => inside.delete(socket as Socket)).on('error', () => socket.destroy());
      socket.resume().on('end', () => socket.end());
    });
    await using runtime = await listeningRuntime();
    const lines = Object.entries({ Host: 'x', ...HANDSHAKE }).map(([name, value]) => `${name}: ${value}`);
    const caller = connect(runtime.port, '127.0.0.1', () =>
      caller.write(`GET /proxy/${inner.port}/ HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`),
    );
    await until(() => inside.size === 1);
    caller.end();
    await until(() => inside.size === 0);
  });

  it('ends with the sandbox', async () => {
    await using inner = await switching((socket) => socket.resume());
    const runtime = await listeningRuntime();
    const { socket } = await openSocket(runtime.port, `/proxy/${inner.port}/`);
    const over = collect(socket);
    await runtime[Symbol.asyncDispose]();
    await over;
  });
});
