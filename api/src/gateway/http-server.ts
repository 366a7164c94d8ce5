import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { isAnswering, isWebSocket, serveWithoutUpgrade, skipEmptyWrites } from '@sandfleet/server-kit';

import { answerClientError } from './client-error.ts';
import type { GatewayTiming } from './timing.ts';

export interface HttpServerOptions {
  readonly maxConnections: number;
  readonly timing: GatewayTiming;
  onRequest(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
  onWebSocket(request: IncomingMessage, socket: Socket, first: Buffer): void;
  /** A connection over the limit was closed. */
  onDrop(): void;
}

const MAX_HEADER_BYTES = 32 * 1024;
const MAX_HEADERS = 200;
/** Longer than load balancers keep theirs (60 s), so that they are the ones to end an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const TCP_KEEP_ALIVE_MS = 30_000;

/** Node's server with the limits of a gateway: on heads, on connections, and on the time that a head takes; on bodies none. */
export function createHttpServer({ maxConnections, timing, onRequest, onWebSocket, onDrop }: HttpServerOptions): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timing.headersMs,
    connectionsCheckingInterval: timing.headersCheckMs,
    // A body may take as long as it needs.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    noDelay: true,
    // Refused by us, in our words.
    requireHostHeader: false,
  });
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = maxConnections;
  server.on('connection', skipEmptyWrites);
  server.on('request', (request, response) => onRequest(request, response, false));
  server.on('checkContinue', (request, response) => onRequest(request, response, true));
  server.on('upgrade', (request, stream, first) => {
    // Node says Duplex for the sake of TLS; a plain server's connections are sockets.
    const socket = stream as Socket;
    // No client that means it asks before it has the answer to what it asked before.
    if (isAnswering(socket)) socket.destroy();
    else if (isWebSocket(request)) onWebSocket(request, socket, first);
    else serveWithoutUpgrade(server, request, socket, first);
  });
  server.on('clientError', answerClientError);
  server.on('drop', onDrop);
  return server;
}
