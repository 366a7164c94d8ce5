import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';

import { CALLS, type Call } from '../mcp-calls.ts';
import { givenSandbox, tell } from './sandbox.ts';

const LONG = 600_000;
const { url, headers } = givenSandbox();
const client = new Client({ name: 'e2e', version: '1' });
await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
const { tools } = await client.listTools();
const wrong: string[] = [];
for (const call of CALLS) {
  const trouble = await troubleWith(call);
  if (trouble !== undefined) wrong.push(`${call.name}: ${trouble}`);
}
tell({ tools: tools.map(({ name }) => name), wrong });
await client.close();

async function troubleWith({ name, args = {}, has, fails }: Call): Promise<string | undefined> {
  const options = { timeout: LONG, maxTotalTimeout: LONG };
  // The client has checked it by this very schema; its type allows for another, older one.
  const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: { ...args } }, undefined, options));
  const words = result.content.map((part) => (part.type === 'text' ? part.text : `(${part.type})`)).join('\n');
  if ((result.isError === true) !== (fails !== undefined)) return `isError ${result.isError}: ${words.slice(0, 300)}`;
  if (result.content.length === 0) return 'it says nothing';
  const wanted = fails ?? has;
  return wanted === undefined || words.includes(wanted) ? undefined : `no "${wanted}" in: ${words.slice(0, 300)}`;
}
