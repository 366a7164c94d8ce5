import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
// What servers of that kind are made of, however old the kind is.
// oxlint-disable-next-line typescript/no-deprecated
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

export interface SseServer extends AsyncDisposable {
  readonly port: number;
  /** Sessions that were opened so far. */
  readonly sessions: () => number;
}

/** An MCP server of the kind before "streamable HTTP": an event stream for each session, and a path to post to. Its tool says its name. */
export async function startSseServer(name: string, port = 0): Promise<SseServer> {
  const open = new Map<string, SSEServerTransport>();
  let sessions = 0;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (request.method === 'GET' && pathname === '/sse') {
      const transport = new SSEServerTransport('/messages', response);
      open.set(transport.sessionId, transport);
      sessions += 1;
      // Its types allow an undefined where the interface leaves the property out.
      void serverOf(name).connect(transport as Transport);
      return;
    }
    const transport = open.get(searchParams.get('sessionId') ?? '');
    if (transport === undefined) response.writeHead(404).end('no such session');
    else void transport.handlePostMessage(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    // It listens on TCP.
    port: (server.address() as AddressInfo).port,
    sessions: () => sessions,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function serverOf(name: string): Server {
  const server = new Server({ name, version: '1' }, { capabilities: { tools: {} } });
  const tool = { name: 'name', description: 'Says its name.', inputSchema: { type: 'object' as const } };
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [tool] }));
  server.setRequestHandler(CallToolRequestSchema, () => ({ content: [{ type: 'text', text: name }] }));
  return server;
}
