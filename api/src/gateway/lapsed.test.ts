import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { GatewayFixture } from './testing/fixture.ts';
import { Pod } from './testing/pod.ts';
import { RawClient, until } from './testing/raw-client.ts';

const SWITCHED = 'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

let pod: Pod;
let gateway: GatewayFixture;
let start = 0;
let passed = 0;

beforeEach(async () => {
  start = Date.now();
  passed = 0;
  pod = await Pod.start();
  gateway = await startGateway(60_000);
});
afterEach(async () => {
  await gateway.stop();
  await pod.stop();
});

const startGateway = (lastFrameMs: number) =>
  GatewayFixture.start({
    pools: { port: pod.port },
    timing: { lapseCheckMs: 10, lastFrameMs, halfClosedMs: 500 },
    now: () => new Date(start + passed),
  });
const token = () => gateway.token(gateway.addSandbox({ id: 'a' }), { ttlSeconds: 60, now: new Date(start) });
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x'];

async function send(target: string, ...headers: readonly string[]): Promise<RawClient> {
  const client = await RawClient.connect(gateway.port);
  return client.send(`GET /s/a${target} HTTP/1.1`, `Host: 127.0.0.1:${gateway.port}`, ...headers, '\r\n');
}

/** What came behind the head, as bytes. */
const rest = ({ text }: RawClient): Buffer => Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');

function close(bytes: Buffer): { readonly code: number; readonly reason: string } | undefined {
  return bytes[0] === 0x88 ? { code: bytes.readUInt16BE(2), reason: bytes.toString('utf8', 4) } : undefined;
}

describe('what is open when its credential ends', () => {
  it('as an event stream breaks off, and holds until then', async () => {
    pod.handler = (_, response) => void response.write('data: 1\n\n');
    const client = await send('/v1/events', `Authorization: Bearer ${await token()}`);
    await until(() => client.text.includes('data: 1'));
    passed = 64_000;
    pod.sockets.forEach((socket) => socket.write('9\r\ndata: 2\n\n\r\n'));
    await until(() => client.text.includes('data: 2'));
    passed = 65_000;
    await client.closed();
    expect(client.text).not.toContain('\r\n0\r\n');
    await until(() => pod.sockets.size === 0);
  });

  it('as a request without an answer is a 401', async () => {
    pod.handler = () => undefined;
    const client = await send('/v1/slow', `Authorization: Bearer ${await token()}`);
    await until(() => pod.requests.length === 1);
    passed = 65_000;
    const answer = await client.answer();
    expect([answer.status, answer.json['code']]).toEqual([401, 'UNAUTHENTICATED']);
    await until(() => pod.sockets.size === 0);
  });

  it('as a WebSocket is closed with 4401 and a reason', async () => {
    const client = await send('/v1/shell/ws', ...UPGRADE, `Authorization: Bearer ${await token()}`);
    await until(() => client.text.includes('\r\n\r\n'));
    passed = 65_000;
    await client.closed();
    expect(close(rest(client))).toEqual({ code: 4401, reason: 'The credential has expired; ask for a new one.' });
    await until(() => pod.sockets.size === 0 && gateway.gateway.websockets === 0);
  });

  it('as a WebSocket in the middle of a frame is closed behind it', async () => {
    let finish = () => {};
    pod.onUpgrade = (_, socket) => {
      socket.write(Buffer.concat([Buffer.from(SWITCHED), Buffer.from([0x82, 4, 1, 2])]));
      finish = () => void socket.write(Buffer.from([3, 4, 0x82, 1, 5]));
    };
    const slow = await send('/v1/shell/ws', ...UPGRADE, `Authorization: Bearer ${await token()}`);
    await until(() => rest(slow).length === 4);
    pod.handler = (_, response) => void response.write('begun');
    const stream = await send('/v1/events', `Authorization: Bearer ${await token()}`);
    await until(() => stream.text.includes('begun'));
    passed = 65_000;
    // What ended beside it says that everything was looked through.
    await stream.closed();
    finish();
    await slow.closed();
    expect([...rest(slow).subarray(0, 6)]).toEqual([0x82, 4, 1, 2, 3, 4]);
    expect(close(rest(slow).subarray(6))?.code).toBe(4401);
  });

  it('as a WebSocket whose frame never ends is broken off', async () => {
    await gateway.stop();
    gateway = await startGateway(50);
    pod.onUpgrade = (_, socket) => void socket.write(Buffer.concat([Buffer.from(SWITCHED), Buffer.from([0x82, 4, 1])]));
    const client = await send('/v1/shell/ws', ...UPGRADE, `Authorization: Bearer ${await token()}`);
    await until(() => rest(client).length === 3);
    passed = 65_000;
    await client.closed();
    expect(rest(client)).toHaveLength(3);
  });

  it('as a WebSocket of a sandbox that is deleted is told so', async () => {
    const sandbox = gateway.addSandbox({ id: 'a' });
    const client = await send('/v1/shell/ws', ...UPGRADE, `Authorization: Bearer ${await gateway.token(sandbox)}`);
    await until(() => client.text.includes('\r\n\r\n'));
    gateway.removeSandbox(sandbox);
    await client.closed();
    expect(close(rest(client))?.code).toBe(1001);
  });

  it('was a ticket: what it opened goes on after the ticket’s own end', async () => {
    const ticket = await gateway.ticket(gateway.addSandbox({ id: 'a' }), { surface: 'terminal', mode: 'control' });
    const client = await send(`/v1/shell/ws?ticket=${ticket}`, ...UPGRADE);
    await until(() => client.text.includes('101'));
    passed = 3_000_000;
    const other = await send('/v1/x', `Authorization: Bearer ${await token()}`);
    expect((await other.answer()).status).toBe(401);
    expect(client.isClosed).toBe(false);
    passed = 3_700_000;
    await client.closed();
    expect(close(rest(client))?.code).toBe(4401);
  });
});
