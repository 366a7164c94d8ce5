import { createServer, type AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';
import { parseListeners } from './listening-ports.ts';

const line = (local: string, state: string, inode: string) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0`;

describe('parseListeners()', () => {
  it('keeps the sockets that listen where a preview reaches them', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      line('0100007F:0BB8', '0A', '11'),
      line('00000000:1F40', '0A', '12'),
      line('00000000000000000000000001000000:0050', '0A', '13'),
      line('00000000000000000000000000000000:FFFF', '0A', '14'),
      line('0100007F:0BB9', '01', '15'),
      line('0200000A:0BBA', '0A', '16'),
      'broken',
      '',
    ].join('\n');
    expect(parseListeners(table)).toEqual([
      { port: 3000, inode: '11' },
      { port: 8000, inode: '12' },
      { port: 80, inode: '13' },
      { port: 65_535, inode: '14' },
    ]);
  });
});

interface Listed {
  readonly ports: readonly { port: number; pid: number | null; process: string | null; path: string }[];
}

describe('GET /v1/preview/ports', () => {
  it.for(['127.0.0.1', '::1', '0.0.0.0'])('lists a port on %s with its process, and none of the sandbox’s own', async (host) => {
    await using runtime = await testRuntime();
    await runtime.app.listen({ host: '127.0.0.1', port: 0 });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { ports } = (await runtime.call<Listed>('GET', '/v1/preview/ports')).body.data;
      const found = ports.find((one) => one.port === port);
      expect(found).toMatchObject({ pid: process.pid, path: `/proxy/${port}/` });
      expect(found?.process).toMatch(/./);
      expect(ports.map((one) => one.port)).not.toContain((runtime.app.server.address() as AddressInfo).port);
      expect(ports.map((one) => one.port)).toEqual(ports.map((one) => one.port).sort((a, b) => a - b));
    } finally {
      server.close();
    }
  });
});
