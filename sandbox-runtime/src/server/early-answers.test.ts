import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';

import { describe, expect, it } from 'vitest';

import { testRuntime } from '../fixtures.ts';

const MEBIBYTES = 20;
const ROUNDS = 10;

/**
 * Uploads in a thread of its own, since client and server must run at the same time, and in pieces, as a client does that reads
 * a file. It says what it got: the first line of the answer, or the error.
 */
const CLIENT = `
const { connect } = require('node:net');
const { parentPort, workerData: { port, isChunked, mebibytes } } = require('node:worker_threads');
const socket = connect(port, '127.0.0.1');
const piece = Buffer.alloc(65536, 0x20);
let left = mebibytes * 16;
const framing = isChunked ? 'Transfer-Encoding: chunked' : 'Content-Length: ' + left * piece.length;
const say = (text) => { parentPort.postMessage(text); socket.destroy(); };
socket.on('error', (error) => say(error.code)).on('data', (data) => say(String(data).split('\\r\\n')[0]));
socket.on('close', () => parentPort.postMessage('closed'));
socket.write('POST /v1/shell/exec HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\n' + framing + '\\r\\n\\r\\n');
const more = () => {
  while (left-- > 0 && !socket.destroyed) {
    if (isChunked) socket.write('10000\\r\\n');
    const hasRoom = socket.write(piece);
    if (isChunked) socket.write(left === 0 ? '\\r\\n0\\r\\n\\r\\n' : '\\r\\n');
    if (!hasRoom) return socket.once('drain', more);
  }
};
more();
`;

async function upload(port: number, isChunked: boolean): Promise<unknown> {
  const worker = new Worker(CLIENT, { eval: true, workerData: { port, isChunked, mebibytes: MEBIBYTES } });
  const [message] = (await once(worker, 'message')) as unknown[];
  await worker.terminate();
  return message;
}

describe('a body that is too large', () => {
  it.for([
    ['of known length', false],
    ['in chunks', true],
  ] as const)('%s is answered, whenever the client reads', async ([, isChunked]) => {
    await using runtime = await testRuntime();
    await runtime.app.listen({ host: '127.0.0.1', port: 0 });
    // It listens on TCP.
    const { port } = runtime.app.server.address() as AddressInfo;
    const answers = [];
    for (let round = 0; round < ROUNDS; round++) answers.push(await upload(port, isChunked));
    expect(answers).toEqual(Array<string>(ROUNDS).fill('HTTP/1.1 413 Payload Too Large'));
  });
});
