import { createServer, type RequestListener } from 'node:http';
import { connect, Socket, type AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { skipEmptyWrites } from './empty-writes.ts';

/** What a client gets that asks twice on one connection, and how many pieces the writes had that had more than one. */
async function ask(answer: RequestListener, isSparing: boolean) {
  const pieces: number[] = [];
  const server = createServer(answer);
  server.on('connection', (socket) => {
    const writeAll = socket._writev?.bind(socket);
    socket._writev = (chunks, callback) => {
      pieces.push(chunks.length);
      writeAll?.(chunks, callback);
    };
    if (isSparing) skipEmptyWrites(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on TCP.
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1');
  let text = '';
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  for await (const data of client.setEncoding('utf8')) text += String(data);
  await new Promise((resolve) => server.close(resolve));
  return { text: text.replaceAll(/^Date: .*$/gm, ''), pieces };
}

describe('skipEmptyWrites()', () => {
  const answers: readonly (readonly [string, RequestListener, number])[] = [
    ['a text', (_, response) => response.end('héllo'), 0],
    ['bytes', (_, response) => response.end(Buffer.from('bytes')), 2],
    ['nothing', (_, response) => response.end(), 0],
    ['an empty text', (_, response) => response.end(''), 0],
    ['a text in pieces', (_, response) => (response.write('one'), response.end('two')), 2],
    ['a text past the buffer', (_, response) => response.end('x'.repeat(1_000_000)), 0],
  ];
  it.for(answers)('sends %s as it is', async ([, answer, gathered]) => {
    const plain = await ask(answer, false);
    const spared = await ask(answer, true);
    expect(spared.text).toBe(plain.text);
    expect(spared.text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(spared.pieces).toHaveLength(gathered);
  });

  it('does it once', () => {
    const socket = new Socket();
    skipEmptyWrites(socket);
    const { _writev } = socket;
    skipEmptyWrites(socket);
    expect(socket._writev).toBe(_writev);
  });

  it('spares something', async () => {
    const { pieces } = await ask((_, response) => response.end('text'), false);
    expect(pieces).toEqual([2, 2]);
  });
});
