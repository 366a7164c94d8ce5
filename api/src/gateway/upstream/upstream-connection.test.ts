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
  // Reads land in a buffer that is used again at once, while what was read may still be on its way out.
  it.for([
    ['large', 32 * MEBIBYTE, 256 * 1024],
    ['middling', 16 * MEBIBYTE, 40_000],
    ['small', 2 * MEBIBYTE, 1000],
  ] as const)('hands on every byte of a body in %s pieces to a client that reads late', async ([, size, pieceSize]) => {
    const body = randomBytes(size);
    const pod = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => void send(socket, body, pieceSize));
    });
    const port = await listen(pod);
    const [near, far] = await pair();
    const hash = createHash('sha256');
    let received = 0;
    far.pause();

    const ended = new Promise<void>((resolve, reject) => {
      const exchange: Exchange = {
        method: 'GET',
        mayUpgrade: false,
        onHead: () => undefined,
        onData: (data) => void connection.writeTo(near, data),
        onBatch: () => undefined,
        onEnd: () => resolve(),
        onError: reject,
      };
      const connection = new UpstreamConnection(
        { host: '127.0.0.1', port, connectTimeoutMs: 10_000, buffers: new ReadBuffers() },
        { onIdle: (idle) => idle.destroy(), onClose: () => undefined },
      );
      connection.start('GET / HTTP/1.1\r\nHost: x\r\n\r\n', exchange, false);
    });
    await ended;
    far.on('data', (data) => {
      hash.update(data);
      received += data.length;
      if (received === size) far.destroy();
    });
    far.resume();
    await once(far, 'close');
    expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
  });
});

async function send(socket: Socket, body: Buffer, pieceSize: number): Promise<void> {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
  for (let at = 0; at < body.length; at += pieceSize) {
    if (!socket.write(body.subarray(at, at + pieceSize))) await once(socket, 'drain');
    // Each piece is a read of its own, as far as that can be had.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
