import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { GatewayFixture } from './testing/fixture.ts';
import { Pod } from './testing/pod.ts';
import { RawClient, until } from './testing/raw-client.ts';

let pod: Pod;
let gateway: GatewayFixture;

beforeEach(async () => {
  pod = await Pod.start({ name: 'first' });
  gateway = await GatewayFixture.start({ pools: { port: pod.port, connectTimeoutMs: 1000 } });
});
afterEach(async () => {
  await gateway.stop();
  await pod.stop();
});

const request = (token: string, ...headers: readonly string[]) => [
  'GET /s/a/v1/shell/ws HTTP/1.1',
  `Host: 127.0.0.1:${gateway.port}`,
  `Authorization: Bearer ${token}`,
  ...headers,
  '\r\n',
];
const websocket = (token: string) =>
  request(
    token,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  );

const SWITCHED = 'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
/** A closing frame of 41 bytes: 1001, and why (RFC 6455 5.5.1). */
const GOODBYE = '\x88\x29\x03\xe9The gateway is stopping; connect again.';

/** An answer that never ends, and an open WebSocket. */
async function openBoth(token: string): Promise<readonly [RawClient, RawClient]> {
  pod.handler = (_, response) => void response.write('begun');
  const clients = [await RawClient.connect(gateway.port), await RawClient.connect(gateway.port)] as const;
  clients[0].send(...request(token));
  clients[1].send(...websocket(token));
  await until(() => clients[0].text.includes('begun') && clients[1].text.includes('101'));
  return clients;
}

describe('connections', () => {
  it('to a pod end when it goes, and its address is dialled anew for the next pod', async () => {
    const sandbox = gateway.addSandbox({ id: 'a' });
    const token = await gateway.token(sandbox);
    const get = () => fetch(`${gateway.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } });
    await (await get()).text();
    await (await get()).text();
    expect(pod.connections).toBe(1);
    const [stream, socket] = await openBoth(token);

    gateway.removePod('pod-of-a', sandbox.uid);
    await Promise.all([stream.closed(), socket.closed()]);
    await until(() => pod.sockets.size === 0);
    expect((await get()).status).toBe(503);

    // Another tenant's pod gets the address.
    const before = pod.connections;
    const other = gateway.addSandbox({ id: 'b' });
    pod.handler = (_, response) => void response.end('second');
    const answer = await fetch(`${gateway.origin}/s/b/`, { headers: { authorization: `Bearer ${await gateway.token(other)}` } });
    expect(await answer.text()).toBe('second');
    expect(pod.connections).toBe(before + 1);
    expect((await fetch(`${gateway.origin}/s/b/`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(403);
  });

  it('of a sandbox end when it is deleted, and its token is good for nothing, also for its name', async () => {
    const sandbox = gateway.addSandbox({ id: 'a' });
    const token = await gateway.token(sandbox);
    const clients = await openBoth(token);
    gateway.removeSandbox(sandbox);
    await Promise.all(clients.map((client) => client.closed()));
    const status = async () => (await fetch(`${gateway.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await status()).toBe(410);
    gateway.addSandbox({ id: 'a', uid: 'another', podUid: 'another' });
    expect(await status()).toBe(410);
  });

  it('to a pod that terminates may end what they carry; nothing new begins', async () => {
    const sandbox = gateway.addSandbox({ id: 'a' });
    const token = await gateway.token(sandbox);
    const release: (() => void)[] = [];
    pod.handler = (_, response) => void release.push(() => response.end('done'));
    const open = fetch(`${gateway.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } });
    await until(() => release.length === 1);
    gateway.setPod({ uid: 'pod-of-a', sandboxUid: sandbox.uid, isTerminating: true });
    expect((await fetch(`${gateway.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(503);
    release[0]?.();
    expect(await (await open).text()).toBe('done');
    await until(() => pod.sockets.size === 0);
  });

  it('that idle are closed before the pod closes them, and no pool is left behind', async () => {
    const token = await gateway.token(gateway.addSandbox({ id: 'a' }));
    pod.handler = (_, response) => response.setHeader('Keep-Alive', 'timeout=2').end('x');
    await (await fetch(`${gateway.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } })).text();
    expect(gateway.gateway.pools.idle).toBe(1);
    await until(() => pod.sockets.size === 0 && gateway.gateway.pools.size === 0);
    expect(gateway.gateway.pools.idle).toBe(0);
  });

  it('are bounded when they idle, over all pods', async () => {
    const bounded = await GatewayFixture.start({ pools: { port: pod.port, maxIdle: 3 }, keys: gateway.keys });
    for (let i = 0; i < 6; i++) {
      const token = await bounded.token(bounded.addSandbox({ id: `s${i}` }));
      await (await fetch(`${bounded.origin}/s/s${i}/`, { headers: { authorization: `Bearer ${token}` } })).text();
    }
    await until(() => bounded.gateway.pools.idle === 3);
    await until(() => pod.sockets.size === 3);
    await bounded.stop();
  });
});

describe('a gateway that is told to stop', () => {
  it('lets requests end, takes no new ones, and closes WebSockets when the grace is over', async () => {
    const token = await gateway.token(gateway.addSandbox({ id: 'a' }));
    const [stream, socket] = await openBoth(token);
    const release: (() => void)[] = [];
    pod.handler = (_, response) => void release.push(() => response.end('done'));
    const open = fetch(`${gateway.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } });
    await until(() => release.length === 1);
    const drained = gateway.gateway.drain(1500);
    release[0]?.();
    const answer = await open;
    expect([await answer.text(), answer.headers.get('connection')]).toEqual(['done', 'close']);
    await expect(fetch(`${gateway.origin}/s/a/`)).rejects.toThrow('fetch failed');
    expect([stream.isClosed, socket.isClosed]).toEqual([false, false]);
    await drained;
    await Promise.all([stream.closed(), socket.closed()]);
    expect(gateway.gateway.websockets).toBe(0);
    expect(socket.text.split('\r\n\r\n')[1]).toBe(GOODBYE);
  });

  it('tells a WebSocket behind the frame that is under way, which still comes whole', async () => {
    const token = await gateway.token(gateway.addSandbox({ id: 'a' }));
    let finish = () => {};
    pod.onUpgrade = (_, socket) => {
      socket.write(`${SWITCHED}\x82\x04ab`, 'latin1');
      finish = () => void socket.write('cd\x82\x01e', 'latin1');
    };
    const socket = await RawClient.connect(gateway.port);
    socket.send(...websocket(token));
    await until(() => socket.text.endsWith('ab'));
    pod.handler = (_, response) => void response.write('begun');
    const stream = await RawClient.connect(gateway.port);
    stream.send(...request(token));
    await until(() => stream.text.includes('begun'));
    const drained = gateway.gateway.drain(0);
    // What is broken off beside it says that the grace is over.
    await stream.closed();
    finish();
    await drained;
    await socket.closed();
    expect(socket.text.split('\r\n\r\n')[1]).toBe(`\x82\x04abcd${GOODBYE}`);
  });

  it('does not wait for ever for a WebSocket that stays', async () => {
    const impatient = await GatewayFixture.start({ pools: { port: pod.port }, keys: gateway.keys, timing: { farewellMs: 200 } });
    const token = await impatient.token(impatient.addSandbox({ id: 'a' }));
    const socket = connect({ port: impatient.port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.write(websocket(token).join('\r\n'));
    await until(() => text.includes('101'));
    await impatient.gateway.drain(0);
    expect(impatient.gateway.websockets).toBe(0);
    await until(() => text.endsWith(GOODBYE));
    socket.destroy();
  });
});

describe('a pod that takes no connections', () => {
  it('is a 504 after the time to connect', async () => {
    // A stopped process accepts nothing: when its queue is full, the kernel drops what comes.
    const script =
      "require('node:net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},function(){console.log(this.address().port)})";
    const stopped = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(stopped.stdout), 'line')) as [string];
    stopped.kill('SIGSTOP');
    const port = Number(line);
    const fillers: Socket[] = [];
    try {
      let isFull = false;
      while (!isFull) {
        const socket = connect(port, '127.0.0.1');
        fillers.push(socket);
        const isTaken = once(socket, 'connect').then(() => true);
        isFull = !(await Promise.race([isTaken, new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 700))]));
      }
      const other = await GatewayFixture.start({ pools: { port, connectTimeoutMs: 300 }, keys: gateway.keys });
      const token = await other.token(other.addSandbox({ id: 'a' }));
      const answer = await fetch(`${other.origin}/s/a/`, { headers: { authorization: `Bearer ${token}` } });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([504, 'UPSTREAM_TIMEOUT']);
      await other.stop();
    } finally {
      for (const socket of fillers) socket.on('error', () => undefined).destroy();
      stopped.kill('SIGKILL');
    }
  });
});
