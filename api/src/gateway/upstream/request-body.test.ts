import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { until } from '../testing/raw-client.ts';
import { ChunkedDecoder } from './chunked-decoder.ts';
import { holdBody, sendBody } from './request-body.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
const LAST = '0\r\n\r\n';

/** Reads nothing until it is told to. Behind a UNIX socket, for which the kernel keeps 200 KiB and not several MiB. */
let pod: Server;
let folder: string;
let podSide: Socket;
let received: Buffer[];
let socket: Socket;

beforeEach(async () => {
  received = [];
  pod = createServer({ pauseOnConnect: true }, (connection) => {
    podSide = connection.on('data', (data) => received.push(data)).pause();
  });
  folder = await mkdtemp(join(tmpdir(), 'request-body-'));
  const path = join(folder, 'pod.sock');
  await new Promise<void>((resolve) => pod.listen(path, resolve));
  socket = connect(path);
  await Promise.all([once(socket, 'connect'), once(pod, 'connection')]);
});
afterEach(async () => {
  socket.destroy();
  podSide.destroy();
  pod.close();
  await rm(folder, { recursive: true });
});

/** Serves one request, whose client then sends `body`. */
async function serve(body: string | Buffer, act: (request: IncomingMessage) => void): Promise<Disposable> {
  const server = createHttpServer((request) => act(request));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on TCP.
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write(HEAD);
  client.write(body);
  return {
    [Symbol.dispose]() {
      client.destroy();
      server.close();
    },
  };
}

function chunksOf(body: string) {
  const parts: string[] = [];
  new ChunkedDecoder().push(Buffer.from(body, 'latin1'), (data) => parts.push(data.toString('latin1')));
  return { count: parts.length, data: parts.join('') };
}

const arrived = () => Buffer.concat(received).toString('latin1');

/** Every byte its own, so that none is lost, doubled or out of place unseen. */
const text = Array.from({ length: 300_000 }, (_, i) => String.fromCodePoint(0x21 + ((i * 7 + Math.floor(i / 90)) % 90))).join('');
const inPieces = (size: number) =>
  (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');

describe('a body that goes on to a pod', () => {
  const sizes = [1, 7, 4095, 4096, 5000, 300_000];
  it.for(sizes)('arrives whole, in pieces of a sane size, when it came in chunks of %i', async (size) => {
    let sent = 0;
    let isSent = false;
    using _ = await serve(inPieces(size) + LAST, (request) =>
      sendBody(request, socket, { isChunked: true, onBytes: (count) => (sent += count), onSent: () => (isSent = true) }),
    );
    podSide.resume();
    await until(() => isSent && arrived().endsWith(LAST));
    const { count, data } = chunksOf(arrived());
    expect(data).toBe(text);
    expect(sent).toBe(text.length);
    expect(count).toBeLessThan(1500);
  });

  it('waits with the client while the pod reads nothing, and is not held in bits', async () => {
    let request: IncomingMessage | undefined;
    let seen = 0;
    using _ = await serve(`${inPieces(1).repeat(3)}${LAST}`, (incoming) => {
      request = incoming;
      sendBody(incoming, socket, { isChunked: true, onBytes: (count) => (seen += count), onSent: () => {} });
    });
    await until(() => socket.writableNeedDrain);
    expect(seen).toBeLessThan(text.length * 3);
    // What one read brought, and no other read.
    expect([request?.readableLength, socket.writableLength < 400_000]).toEqual([0, true]);
    podSide.resume();
    await until(() => arrived().endsWith(LAST));
    expect(chunksOf(arrived()).data).toBe(text.repeat(3));
  });

  it('is thrown away once its pod is done with it, and the connection is read on', async () => {
    let stop: (() => void) | undefined;
    let hasEnded = false;
    using _ = await serve(`${inPieces(1).repeat(3)}${LAST}`, (request) => {
      request.once('end', () => (hasEnded = true));
      stop = sendBody(request, socket, { isChunked: true, onBytes: () => {}, onSent: () => {} });
    });
    await until(() => socket.writableNeedDrain);
    stop?.();
    await until(() => hasEnded);
  });
});

describe('a body that is held', () => {
  it('stays with its client but for one read, and comes when it is let', async () => {
    let request: IncomingMessage | undefined;
    let release: (() => void) | undefined;
    using _ = await serve(inPieces(1) + LAST, (incoming) => {
      request = incoming;
      release = holdBody(incoming);
    });
    await until(() => release !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(request?.readableLength).toBeLessThan(64 * 1024);
    release?.();
    if (request !== undefined) sendBody(request, socket, { isChunked: true, onBytes: () => {}, onSent: () => {} });
    podSide.resume();
    await until(() => arrived().endsWith(LAST));
    expect(chunksOf(arrived()).data).toBe(text);
  });

  it('can be thrown away', async () => {
    let hasEnded = false;
    let release: (() => void) | undefined;
    using _ = await serve(inPieces(1) + LAST, (request) => {
      request.once('end', () => (hasEnded = true));
      release = holdBody(request);
      setTimeout(() => {
        release?.();
        request.resume();
      }, 100);
    });
    await until(() => hasEnded);
  });
});
