import { createServer } from 'node:net';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';
import { parseSockets } from './listening-ports.ts';

interface Context {
  readonly success: boolean;
  readonly data: string;
  readonly home_dir: string;
  readonly workspace: string;
  readonly version: string;
  readonly detail: {
    readonly system: { readonly occupied_ports: readonly string[]; readonly timezone: string };
    readonly runtime: { readonly nodejs: readonly { readonly ver: string; readonly bin: string }[] };
    readonly utils: readonly { readonly category: string; readonly tools: readonly { readonly name: string }[] }[];
  };
}

const context = async (env?: Record<string, string>) => {
  await using runtime = await testRuntime(env);
  return { home: runtime.home, ...(await runtime.app.inject({ url: '/v1/sandbox' })).json<Context>() };
};

describe('GET /v1/sandbox', () => {
  it('has home, workspace and version beside the envelope', async () => {
    const found = await context({ WORKSPACE: '/tmp', TZ: 'Asia/Tokyo' });
    expect(found).toMatchObject({ success: true, home_dir: found.home, workspace: '/tmp' });
    expect(found.version).toMatch(/^v\d+\.\d+\.\d+\.\d+$/);
    expect(found.detail.system.timezone).toBe('Asia/Tokyo');
    expect(found.data).toContain(`home directory ${found.home}`);
  });

  it('tells only what is there', async () => {
    const found = await context();
    const names = found.detail.utils.flatMap(({ tools }) => tools.map(({ name }) => name));
    expect(names).toContain('grep');
    expect(found.detail.utils.every(({ tools }) => tools.length > 0)).toBe(true);
    const bare = await context({ PATH: '/nowhere' });
    expect([bare.detail.runtime.nodejs, bare.detail.utils]).toEqual([[], []]);
  });

  it('lists a port as soon as something listens on it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect((await context()).detail.system.occupied_ports).toContain(String(port));
    server.close();
  });
});

describe('parseSockets()', () => {
  it('takes the ports of sockets that listen', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000',
      '   1: 0100007F:0016 0100007F:9999 01 00000000:00000000',
      '   2: 00000000000000000000000000000000:2382 00000000000000000000000000000000:0000 0A 0',
      '',
    ].join('\n');
    expect(parseSockets(table)).toEqual([8080, 9090]);
  });
});
