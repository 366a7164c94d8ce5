import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { ReadBuffers } from './read-buffers.ts';
import { UpstreamConnection, type Exchange } from './upstream-connection.ts';

const MEBIBYTE = 1024 * 1024;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Both ends of a connection; the near one takes as much as it is given before it says stop. */
async function pair(): Promise<readonly [near: Socket, far: Socket]> {
  const server = createServer({ highWaterMark: 64 * MEBIBYTE });
  const port = await listen(server);
  const far = connect(port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  closing.push(
    () => near.destroy(),
    () => far.destroy(),
  );
  return [near, far];
}

describe('UpstreamConnection', () => {
  /** Fetches through a connection into `near`, as fast as it comes; resolves when the exchange has ended. */
  function fetchInto(near: Socket, port: number, buffers: ReadBuffers): Promise<void> {
    return new Promise((resolve, reject) => {
      const exchange: Exchange = {
        method: 'GET',
        mayUpgrade: false,
        onHead: () => undefined,
        onData: (data) => void connection.writeTo(near, data),
        onBatch: () => undefined,
        onEnd: () => undefined,
        onError: reject,
      };
      const connection = new UpstreamConnection(
        { host: '127.0.0.1', port, connectTimeoutMs: 10_000, buffers },
        { onIdle: (idle) => idle.destroy(), onClose: () => resolve() },
      );
      connection.start('GET / HTTP/1.1\r\nHost: x\r\n\r\n', exchange, false);
    });
  }

  async function hashOf(far: Socket, size: number): Promise<string> {
    const hash = createHash('sha256');
    let received = 0;
    far.on('data', (data) => {
      hash.update(data);
      received += data.length;
      if (received === size) far.destroy();
    });
    far.resume();
    await once(far, 'close');
    return hash.digest('hex');
  }

  // Reads land in a buffer that is used again at once, while what was read may still be on its way out.
  it.for([
    ['large', 32 * MEBIBYTE, 256 * 1024],
    ['middling', 16 * MEBIBYTE, 40_000],
    ['small', 2 * MEBIBYTE, 1000],
  ] as const)('hands on every byte of a body in %s pieces to a client that reads late', async ([, size, pieceSize]) => {
    const body = randomBytes(size);
    const port = await listen(podOf((socket) => send(socket, body, pieceSize)));
    const [near, far] = await pair();
    far.pause();
    await fetchInto(near, port, new ReadBuffers());
    expect(await hashOf(far, size)).toBe(createHash('sha256').update(body).digest('hex'));
  });

  it('is over at once when the pod closes it while it idles, so that nothing is sent on it any more', async () => {
    let finish = () => {};
    const server = createServer((socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
      finish = () => void socket.end();
    });
    const port = await listen(server);
    const connection = await new Promise<UpstreamConnection>((resolve, reject) => {
      const nothing = () => undefined;
      const exchange = { method: 'GET', mayUpgrade: false, onHead: nothing, onData: nothing, onBatch: nothing, onEnd: nothing };
      const created = new UpstreamConnection(
        { host: '127.0.0.1', port, connectTimeoutMs: 10_000, buffers: new ReadBuffers() },
        { onIdle: resolve, onClose: nothing },
      );
      created.start('GET / HTTP/1.1\r\nHost: x\r\n\r\n', { ...exchange, onError: reject }, false);
    });
    const ended = once(connection.socket, 'end');
    finish();
    await ended;
    expect(connection.socket.destroyed).toBe(true);
  });

  it('leaves its buffer to no other connection while bytes of it are on their way, also when it breaks off', async () => {
    const size = 32 * MEBIBYTE;
    const body = randomBytes(size);
    // The bytes after the body are an error, in the very read that brings the end of the body.
    const port = await listen(podOf((socket) => send(socket, Buffer.concat([body, Buffer.from('more')]), size, size)));
    const [near, far] = await pair();
    far.pause();
    const buffers = new ReadBuffers();
    await fetchInto(near, port, buffers);
    for (let i = 0; i < 64; i++) buffers.large().fill('#');
    buffers.shared.fill('#');
    expect(await hashOf(far, size)).toBe(createHash('sha256').update(body).digest('hex'));
  });
});

function podOf(answer: (socket: Socket) => Promise<void>): Server {
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => void answer(socket));
  });
}

async function send(socket: Socket, body: Buffer, pieceSize: number, length = body.length): Promise<void> {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
  for (let at = 0; at < body.length; at += pieceSize) {
    if (!socket.write(body.subarray(at, at + pieceSize))) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    // Each piece is a read of its own, as far as that can be had.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
