import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

import type { TestRuntime } from '../../fixtures.ts';

export const OUTSIDE_SERVER = join(import.meta.dirname, 'testing/outside-server.mjs');

/** A file of outside servers in the home of a runtime. */
export async function writeServers(home: string, content: unknown): Promise<string> {
  const path = join(home, '.config/sandfleet/mcp-servers.json');
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

export interface RpcAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // What a test looks for in an answer is its own business.
  readonly body: Readonly<Record<string, never>> & { readonly error?: { readonly code: number; readonly message: string } };
}

/** POSTs a message to the hub. */
export async function rpc(
  { app }: TestRuntime,
  message: unknown,
  { headers = {}, url = '/mcp' }: { readonly headers?: Readonly<Record<string, string>>; readonly url?: string } = {},
): Promise<RpcAnswer> {
  const payload = typeof message === 'string' ? message : JSON.stringify(message);
  const answer = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } });
  return { status: answer.statusCode, headers: answer.headers, body: answer.payload === '' ? {} : answer.json() };
}

export async function listen({ app }: TestRuntime): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  // It listens on TCP.
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

export interface TestClient extends AsyncDisposable {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

/** The client of the SDK, connected. */
export async function connectClient(url: string, headers: Readonly<Record<string, string>> = {}): Promise<TestClient> {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { ...headers } } });
  // Its types allow an undefined where the interface leaves the property out.
  await client.connect(transport as Transport);
  return { client, transport, [Symbol.asyncDispose]: () => client.close() };
}
