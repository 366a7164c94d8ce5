import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { GatewayFixture } from './testing/fixture.ts';
import { Pod } from './testing/pod.ts';
import { RawClient, until } from './testing/raw-client.ts';

const CHUNK = 64 * 1024;
const CHUNKS = 320;
const PROBLEM = '{"success":false,"message":"too large","data":null}';

let pod: Pod;
let gateway: GatewayFixture;

beforeEach(async () => {
  pod = await Pod.start();
  gateway = await GatewayFixture.start({ pools: { port: pod.port } });
  // Reads nothing of the body, answers and closes with bytes unread: the kernel resets the connection.
  pod.handler = (request, response) => {
    request.pause();
    response.writeHead(413, { 'Content-Length': PROBLEM.length, Connection: 'close' });
    response.end(PROBLEM, () => request.socket.destroy());
  };
});
afterEach(async () => {
  await gateway.stop();
  await pod.stop();
});

/** Sends 20 MiB as fast as they are taken, and goes on whatever comes back. */
function upload(client: RawClient, isChunked: boolean): void {
  const data = Buffer.alloc(CHUNK, 0x20);
  let left = CHUNKS;
  const more = () => {
    while (left > 0 && !client.isClosed) {
      left--;
      if (isChunked) client.socket.write(`${CHUNK.toString(16)}\r\n`);
      const hasRoom = client.socket.write(data);
      if (isChunked) client.socket.write(left === 0 ? '\r\n0\r\n\r\n' : '\r\n');
      if (!hasRoom) return void client.socket.once('drain', more);
    }
    return undefined;
  };
  more();
}

describe('a pod that refuses a body before all of it came', () => {
  const forms = [
    ['of known length', `Content-Length: ${CHUNK * CHUNKS}`, false],
    ['in chunks', 'Transfer-Encoding: chunked', false],
    ['that waits to be asked for', `Content-Length: ${CHUNK * CHUNKS}`, true],
  ] as const;
  const rounds = [1, 2, 3, 4, 5, 6];
  it.for(forms.flatMap((form) => rounds.map((round) => [form[0], round, form] as const)))(
    'has its answer carried to the client: a body %s (%i)',
    async ([, , [, framing, waits]]) => {
      const token = await gateway.token(gateway.addSandbox({ id: 'a' }));
      const client = await RawClient.connect(gateway.port);
      const head = ['POST /s/a/v1/file/upload HTTP/1.1', 'Host: 127.0.0.1', `Authorization: Bearer ${token}`, framing];
      client.send(...head, ...(waits ? ['Expect: 100-continue'] : []), '\r\n');
      if (waits) await until(() => client.text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
      // What was refused may have come right behind the leave to send it.
      client.text = client.text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
      upload(client, framing.startsWith('Transfer'));
      const answer = await client.answer();
      expect([answer.status, answer.body]).toEqual([413, PROBLEM]);
      client.destroy();
    },
  );

  it('and says nothing is a 502', async () => {
    pod.handler = (request) => request.socket.destroy();
    const token = await gateway.token(gateway.addSandbox({ id: 'a' }));
    const client = await RawClient.connect(gateway.port);
    client.send(
      'POST /s/a/x HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Bearer ${token}`,
      'Transfer-Encoding: chunked',
      '\r\n',
    );
    upload(client, true);
    expect((await client.answer()).status).toBe(502);
    client.destroy();
  });
});
