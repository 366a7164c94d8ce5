import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { expect, it, vi } from 'vitest';

import { PodSocket } from './pod-socket.ts';

it('sends each write at once, and looks after its connection', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = new PodSocket({ buffer: Buffer.alloc(1024), callback: () => true });
  // It listens on TCP.
  socket.connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  // What Node sets of the kernel's connection can be seen nowhere else.
  const handle = Reflect.get(socket, '_handle') as Record<'setNoDelay' | 'setKeepAlive', (...args: unknown[]) => number>;
  const [setNoDelay, setKeepAlive] = [vi.spyOn(handle, 'setNoDelay'), vi.spyOn(handle, 'setKeepAlive')];
  await once(socket, 'connect');
  expect([setNoDelay.mock.calls, setKeepAlive.mock.calls]).toEqual([[[true]], [[true, 30]]]);
  socket.destroy();
  server.close();
});
