import type { Sandbox } from '@sandfleet/crds';
import { eventually } from '@sandfleet/kube/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'undici';

import { Pod } from '../../../api/src/gateway/testing/pod.ts';
import { RawClient } from '../../../api/src/gateway/testing/raw-client.ts';
import { startGateway, type RunningGateway } from './support/running-gateway.ts';
import { World } from './support/world.ts';

/** The runtime's port, on addresses that pods on this machine can have. */
const PORT = 8080;
let next = 1;
const newAddress = () => `127.71.${process.pid % 250}.${next++}`;

describe('the gateway on a real API server', () => {
  let world: World;
  let gateway: RunningGateway;
  let pod: Pod;
  let address: string;

  beforeAll(async () => {
    world = await World.create();
    gateway = await startGateway(world);
  });
  afterAll(async () => {
    await gateway.stop();
    await world.close();
  });
  beforeEach(async () => {
    address = newAddress();
    pod = await Pod.start({ host: address, port: PORT, name: 'first' });
  });
  afterEach(() => pod.stop());

  interface Seen {
    readonly status: number;
    readonly code: string | undefined;
    readonly text: string;
    readonly headers: Headers;
  }
  const call = async (sandbox: Sandbox | string, token?: string, path = '/v1/sandbox'): Promise<Seen> => {
    const id = typeof sandbox === 'string' ? sandbox : sandbox.metadata.name;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${gateway.url}/s/${id}${path}`, { headers });
    const text = await answer.text();
    const isProblem = answer.headers.get('content-type')?.includes('problem') ?? false;
    return {
      status: answer.status,
      code: isProblem ? (JSON.parse(text) as { code: string }).code : undefined,
      text,
      headers: answer.headers,
    };
  };
  const becomes = (status: number, sandbox: Sandbox, token: string): Promise<Seen> =>
    eventually(`${sandbox.metadata.name} answers ${status}`, async () => {
      const seen = await call(sandbox, token);
      return seen.status === status ? seen : undefined;
    });

  it('carries calls to the pod of the token’s sandbox, and answers 401, 403, 404 and 503 where there is nothing to carry', async () => {
    const mine = await world.createSandbox('mine');
    const theirs = await world.createSandbox('theirs');
    const token = await world.token(mine);
    const waiting = await becomes(503, mine, token);
    expect([waiting.code, waiting.headers.get('retry-after')]).toEqual(['SANDBOX_NOT_READY', '1']);
    const made = await world.createPod(mine, { ip: address, isReady: false });
    expect((await call(mine, token)).status).toBe(503);
    await world.setPodState(made, { ip: address });
    expect((await becomes(200, mine, token)).text).toBe('first');
    expect(pod.last.headers.authorization).toMatch(/^Bearer eyJ/);
    expect(pod.last.headers.authorization).not.toContain(token);
    expect((await call(mine)).code).toBe('UNAUTHENTICATED');
    expect((await call(mine, `${token}x`)).code).toBe('UNAUTHENTICATED');
    expect((await call(theirs, token)).code).toBe('WRONG_SANDBOX');
    expect((await call('never-made', token)).code).toBe('SANDBOX_NOT_FOUND');
  });

  it('asks the API server nothing on the way of a request', async () => {
    const sandbox = await world.createSandbox('hot');
    await world.createPod(sandbox, { ip: address });
    const token = await world.token(sandbox);
    await becomes(200, sandbox, token);
    const before = await gateway.kubeRequests();
    expect(before).toBeGreaterThan(0);
    for (let i = 0; i < 200; i++) expect((await call(sandbox, token)).status).toBe(200);
    expect(await gateway.kubeRequests()).toBe(before);
  });

  it('carries WebSockets', async () => {
    const sandbox = await world.createSandbox('sockets');
    await world.createPod(sandbox, { ip: address });
    const token = await world.token(sandbox);
    await becomes(200, sandbox, token);
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/s/sockets/v1/shell/ws`, {
      protocols: ['json'],
      headers: { authorization: `Bearer ${token}` },
    });
    const messages: string[] = [];
    socket.addEventListener('message', ({ data }) => messages.push(String(data)));
    socket.addEventListener('open', () => socket.send('hello'));
    await eventually('the echo', () => messages[0]);
    expect([messages, socket.protocol]).toEqual([['hello'], 'json']);
    socket.close();
  });

  it('tells WebSockets that are open when it has to stop', async () => {
    const stopping = await startGateway(world);
    const sandbox = await world.createSandbox('told');
    await world.createPod(sandbox, { ip: address });
    const authorization = `Bearer ${await world.token(sandbox)}`;
    await eventually(
      'the sandbox answers',
      async () => (await fetch(`${stopping.url}/s/told/`, { headers: { authorization } })).ok,
    );
    const socket = new WebSocket(`ws://127.0.0.1:${stopping.port}/s/told/v1/shell/ws`, { headers: { authorization } });
    const closed = new Promise<[number, string, boolean]>((resolve) =>
      socket.addEventListener('close', ({ code, reason, wasClean }) => resolve([code, reason, wasClean])),
    );
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    await stopping.stop();
    expect(await closed).toEqual([1001, 'The gateway is stopping; connect again.', true]);
  });

  it('never sends the requests of one tenant to the pod of another that got its address', async () => {
    const mine = await world.createSandbox('moves');
    const token = await world.token(mine);
    const first = await world.createPod(mine, { ip: address });
    await becomes(200, mine, token);
    const [stream, socket] = await openBoth(mine, token);

    await world.deletePod(first);
    await Promise.all([stream.closed(), socket.closed()]);
    await eventually('no connection to the pod is left', () => pod.sockets.size === 0);
    await becomes(503, mine, token);

    // The address goes to a pod of another tenant, behind which there is another server.
    await pod.stop();
    pod = await Pod.start({ host: address, port: PORT, name: 'second' });
    const theirs = await world.createSandbox('newcomer');
    const theirToken = await world.token(theirs);
    await world.createPod(theirs, { ip: address });
    expect((await becomes(200, theirs, theirToken)).text).toBe('second');
    const reached = pod.requests.length;
    expect((await call(mine, token)).status).toBe(503);
    expect((await call(theirs, token)).status).toBe(403);
    expect(pod.requests).toHaveLength(reached);

    // Its own successor takes over with the same token.
    const elsewhere = await Pod.start({ host: newAddress(), port: PORT, name: 'third' });
    await world.createPod(mine, { ip: elsewhere.address });
    expect((await becomes(200, mine, token)).text).toBe('third');
    await elsewhere.stop();
  });

  it('ends every connection of a sandbox that is deleted, and its token, also when its name is used again', async () => {
    const old = await world.createSandbox('short-lived');
    const token = await world.token(old);
    const made = await world.createPod(old, { ip: address });
    await becomes(200, old, token);
    const [stream, socket] = await openBoth(old, token);
    await world.deleteSandbox(old);
    await Promise.all([stream.closed(), socket.closed()]);
    expect((await becomes(410, old, token)).code).toBe('SANDBOX_GONE');
    await world.deletePod(made);

    const successor = await world.createSandbox('short-lived');
    await world.createPod(successor, { ip: address });
    const fresh = await world.token(successor);
    await becomes(200, successor, fresh);
    expect((await call(successor, token)).code).toBe('SANDBOX_GONE');
  });

  it('gives a name that two namespaces have to the older sandbox', async () => {
    const older = await world.createSandbox('twice');
    await world.createPod(older, { ip: address });
    const token = await world.token(older);
    await becomes(200, older, token);
    // Ages are told in seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const younger = await world.createSandbox('twice', await world.access.createNamespace('tenant'));
    const youngerToken = await world.token(younger);
    await becomes(403, younger, youngerToken);
    expect((await call(older, token)).status).toBe(200);
    await world.deleteSandbox(older);
    await becomes(503, younger, youngerToken);
  });

  it('does not believe pods that the operator did not make', async () => {
    const sandbox = await world.createSandbox('impostors');
    const token = await world.token(sandbox);
    const impostor = await world.createPod(sandbox, { ip: address, owner: { uid: crypto.randomUUID() } });
    await becomes(503, sandbox, token);
    await world.deletePod(impostor);
    await world.createPod(sandbox, { ip: address, owner: { kind: 'ReplicaSet' } });
    // A change that the gateway surely hears of after the pod.
    const later = await world.createSandbox('impostors-later');
    await becomes(503, later, await world.token(later));
    expect((await call(sandbox, token)).status).toBe(503);
    expect(pod.requests).toEqual([]);
  });

  it('takes over new signing keys without a restart, and drops the old ones', async () => {
    const sandbox = await world.createSandbox('rotated');
    await world.createPod(sandbox, { ip: address });
    const before = await world.token(sandbox);
    await becomes(200, sandbox, before);
    await world.rotateKeys();
    await becomes(401, sandbox, before);
    expect((await call(sandbox, await world.token(sandbox))).status).toBe(200);
  });

  it('dials no address that a pod can’t have, outside of tests', async () => {
    const strict = await startGateway(world, { hasOwnPodAddresses: true });
    const sandbox = await world.createSandbox('metadata');
    await world.createPod(sandbox, { ip: address });
    const token = await world.token(sandbox);
    await becomes(200, sandbox, token);
    pod.requests.length = 0;
    const answer = await eventually('the strict gateway knows the sandbox', async () => {
      const answer = await fetch(`${strict.url}/s/metadata/`, { headers: { authorization: `Bearer ${token}` } });
      const text = await answer.text();
      return text.includes('address') ? { status: answer.status, text } : undefined;
    });
    expect(answer.status).toBe(503);
    expect(pod.requests).toEqual([]);
    await strict.stop();
  });

  /** An answer that does not end, and a WebSocket. */
  async function openBoth(sandbox: Sandbox, token: string): Promise<readonly [RawClient, RawClient]> {
    const usual = pod.handler;
    pod.handler = (_, response) => void response.write('begun');
    const clients = [await RawClient.connect(gateway.port), await RawClient.connect(gateway.port)] as const;
    const head = [`GET /s/${sandbox.metadata.name}/v1/shell/ws HTTP/1.1`, 'Host: 127.0.0.1', `Authorization: Bearer ${token}`];
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    clients[0].send(...head, '\r\n');
    clients[1].send(...head, ...upgrade, '\r\n');
    await eventually('both are open', () => clients[0].text.includes('begun') && clients[1].text.includes('101'));
    pod.handler = usual;
    return clients;
  }
});
