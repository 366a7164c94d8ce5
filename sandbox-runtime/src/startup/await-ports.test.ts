import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { awaitPorts } from './await-ports.ts';

const options = { own: 8080, timeoutMs: 600_000, signal: new AbortController().signal };

async function freePort(host = '127.0.0.1') {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

describe('awaitPorts()', () => {
  it('waits until the last port is open', async () => {
    const first = await freePort();
    const { server, port } = await freePort();
    server.close();
    await once(server, 'close');
    const waiting = awaitPorts([first.port, port], options);
    const late = createServer().listen(port, '127.0.0.1');
    expect(await waiting).toEqual([]);
    first.server.close();
    late.close();
  });

  it('counts the services that are part of the server as there, and the server itself', async () => {
    expect(await awaitPorts([8079, 8091, 8081, 8088, 8200, 8888, 9222, 5900, 6080, 8080], options)).toEqual([]);
  });

  it('tells which ports stayed closed when the time is over, or the sandbox stops', async () => {
    const { server, port } = await freePort();
    server.close();
    await once(server, 'close');
    expect(await awaitPorts([port, 8079, port], { ...options, timeoutMs: 0 })).toEqual([port]);
    expect(await awaitPorts([port], { ...options, signal: AbortSignal.abort() })).toEqual([port]);
  });
});
