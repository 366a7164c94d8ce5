import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { VERSION } from '@sandfleet/server-kit';

import type { Environment } from '../../../config.ts';
import { loadClientSdk, loadHttpTransport, loadSseTransport, type ClientSdk } from '../sdk.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { ChildTransport } from './child-transport.ts';
import type { ServerEntry, UrlServer } from './servers-file.ts';

export interface ConnectOptions {
  readonly entry: ServerEntry;
  readonly env: Environment;
  readonly workspace: string;
  readonly timeoutMs: number;
  readonly onToolsChanged: () => void;
}

/** A server that runs and talks. */
export interface Connection {
  readonly client: Client;
  readonly sdk: ClientSdk;
  /** How it ended, where there is something to tell. */
  lastWords(): string;
  /** Whether a request was refused because the server knows nothing of the session, as one that was started anew does. */
  isUnknownSession(error: unknown): boolean;
  close(): Promise<void>;
}

/** @throws Error with the last words of a server that did not come up */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { entry, env, workspace, timeoutMs, onToolsChanged } = options;
  const sdk = await loadClientSdk();
  const { Client, types } = sdk;
  const client = new Client({ name: 'sandfleet', version: VERSION }, { capabilities: {} });
  client.setNotificationHandler(types.ToolListChangedNotificationSchema, () => onToolsChanged());
  if (entry.kind === 'url') {
    const { transport, terminate, isUnknownSession, isLost } = await urlTransport(entry);
    await client.connect(transport, { timeout: timeoutMs });
    // It is no event target.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    client.onerror = (error) => {
      if (isLost(error)) void client.close();
    };
    return {
      client,
      sdk,
      lastWords: () => 'The connection was lost',
      isUnknownSession,
      close: async () => {
        await terminate();
        await client.close();
      },
    };
  }
  const parse = (line: string) => types.JSONRPCMessageSchema.parse(JSON.parse(line));
  const transport = new ChildTransport({ server: entry, env, workspace, parse });
  try {
    await client.connect(transport, { timeout: timeoutMs });
  } catch (error) {
    await transport.close();
    throw new Error(`${error instanceof Error ? error.message : String(error)}. ${transport.lastWords}`, { cause: error });
  }
  return { client, sdk, lastWords: () => transport.lastWords, isUnknownSession: () => false, close: () => client.close() };
}

interface UrlTransport extends Pick<Connection, 'isUnknownSession'> {
  readonly transport: Transport;
  terminate(): Promise<void>;
  /** Whether an error beside all requests is the end of the session. */
  isLost(error: Error): boolean;
}

async function urlTransport({ url, headers, isSse }: UrlServer): Promise<UrlTransport> {
  const options = { requestInit: { headers: { ...headers } }, fetch: boundedFetch };
  if (isSse) {
    const { SSEClientTransport, SseError } = await loadSseTransport();
    // Its types allow an undefined where the interface leaves the property out.
    const transport = new SSEClientTransport(url, options) as Transport;
    // A session is its event stream. The SDK opens another one in its own time, and lets requests fail until then; behind it is a
    // session that nobody has initialized.
    const isLost = (error: Error) => error instanceof SseError;
    return { transport, terminate: async () => {}, isUnknownSession: () => false, isLost };
  }
  const { StreamableHTTPClientTransport, StreamableHTTPError } = await loadHttpTransport();
  const transport = new StreamableHTTPClientTransport(url, options);
  return {
    // The same as above.
    transport: transport as Transport,
    // A server that is gone can't be told goodbye.
    terminate: () => transport.terminateSession().catch(() => {}),
    // 404 by the protocol; many servers say 400.
    isUnknownSession: (error) => error instanceof StreamableHTTPError && (error.code === 404 || error.code === 400),
    isLost: () => false,
  };
}
