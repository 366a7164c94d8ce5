import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openPlace, type Place } from '../desktop/support/place.ts';
import { CALLS, type Call } from './mcp-calls.ts';

const MINUTES = 600_000;

describe('the MCP client of the TypeScript SDK', { timeout: MINUTES }, () => {
  let place: Place;
  let client: Client;

  beforeAll(async () => {
    place = await openPlace();
    client = new Client({ name: 'e2e', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${place.url}/mcp`), { requestInit: { headers: { ...place.headers } } }),
    );
  }, MINUTES);

  afterAll(async () => {
    await client?.close();
    await place?.remove();
  }, MINUTES);

  it('lists the tools that are called here, and no others', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).toSorted()).toEqual([...new Set(CALLS.map(({ name }) => name))].toSorted());
  });

  it('calls every tool', async () => {
    const wrong: string[] = [];
    for (const call of CALLS) {
      const trouble = await troubleWith(call);
      if (trouble !== undefined) wrong.push(`${call.name}: ${trouble}`);
    }
    expect(wrong).toEqual([]);
  });

  async function troubleWith({ name, args = {}, has, fails }: Call): Promise<string | undefined> {
    const options = { timeout: MINUTES, maxTotalTimeout: MINUTES };
    // The client has checked it by this very schema; its type allows for another, older one.
    const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: { ...args } }, undefined, options));
    const words = result.content.map((part) => (part.type === 'text' ? part.text : `(${part.type})`)).join('\n');
    if ((result.isError === true) !== (fails !== undefined)) return `isError ${result.isError}: ${words.slice(0, 300)}`;
    if (result.content.length === 0) return 'it says nothing';
    const wanted = fails ?? has;
    return wanted === undefined || words.includes(wanted) ? undefined : `no "${wanted}" in: ${words.slice(0, 300)}`;
  }
});
