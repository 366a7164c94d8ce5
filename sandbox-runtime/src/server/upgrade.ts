import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { ApiError } from '@sandfleet/contract';
import { isWebSocket, serveWithoutUpgrade } from '@sandfleet/server-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';

/** Route configuration: this GET is answered with a WebSocket. */
interface UpgradeConfig {
  readonly webSocket?: boolean;
}

/** A connection between its request for a WebSocket and the answer. */
interface Waiting {
  readonly socket: Socket;
  /** What the client sent behind its request already. */
  readonly head: Buffer;
}

const waiting = new WeakMap<IncomingMessage, Waiting>();

/**
 * Takes requests for WebSockets through the same hooks and routes as all others, so whatever guards those guards these too, and
 * a path that nobody named ends as 404. It is called after the guard is in place: its own questions come second.
 */
export function acceptUpgrades(app: FastifyInstance): void {
  app.server.on('upgrade', (request: IncomingMessage, stream, head) => {
    // node:http types it as any stream; a server that listens on TCP has sockets.
    const socket = stream as Socket;
    // Node takes its own listener off: without another, a connection that breaks now would end the process.
    socket.on('error', () => socket.destroy());
    if (!isWebSocket(request)) return serveWithoutUpgrade(app.server, request, socket, head);
    const response = new ServerResponse(request);
    // What follows a refusal on this connection would be read by nobody.
    response.shouldKeepAlive = false;
    response.on('finish', () => socket.destroySoon());
    response.assignSocket(socket);
    waiting.set(request, { socket, head });
    app.routing(request, response);
  });
  app.addHook('onRequest', async (request) => {
    if (waiting.has(request.raw)) refuseUpgrade(request);
  });
}

export interface WebSocketRoute {
  readonly path: string;
  /** Bytes of one message. */
  readonly maxPayload: number;
  /** Must set its listeners before it returns. */
  onSocket(socket: WebSocket, request: FastifyRequest): void;
}

/** Mounts a path that is answered with a WebSocket. Pings are the caller's to answer: a flood of them may not fill the memory. */
export function webSocketRoute(app: FastifyInstance, { path, maxPayload, onSocket }: WebSocketRoute): void {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    clientTracking: false,
    autoPong: false,
  });
  const config: UpgradeConfig = { webSocket: true };
  app.get(path, { config, exposeHeadRoute: false }, (request, reply) => {
    const { raw } = request;
    const connection = waiting.get(raw);
    if (connection === undefined) {
      throw new ApiError('BAD_REQUEST', { message: 'This is a WebSocket: ask for it with Upgrade: websocket.' });
    }
    waiting.delete(raw);
    reply.hijack();
    reply.raw.detachSocket(connection.socket);
    server.handleUpgrade(raw, connection.socket, connection.head, (socket) => {
      // A peer that breaks the protocol; its close follows.
      socket.on('error', () => undefined);
      onSocket(socket, request);
    });
  });
}

/** @throws ApiError when this request may not become a WebSocket. */
function refuseUpgrade(request: FastifyRequest): void {
  const { headers } = request.raw;
  const { webSocket } = request.routeOptions.config as UpgradeConfig;
  if (webSocket !== true) throw new ApiError('NOT_FOUND', { message: 'There is no WebSocket here.' });
  // Nobody reads a body any more: its bytes would count as frames, or as a request that no proxy before us has seen.
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')
    throw new ApiError('BAD_REQUEST', { message: 'A request for a WebSocket has no body.' });
  if (!isOwnOrigin(headers))
    throw new ApiError('ORIGIN_REFUSED', { message: 'A WebSocket can be opened from the pages of this sandbox alone.' });
}

/**
 * Any page may open a WebSocket anywhere, and a sandbox on a developer's machine needs no token: the Origin that browsers send
 * is what tells a foreign page. The host is what the browser asked for; a gateway passes it on, and no page can set either.
 */
function isOwnOrigin({ origin, host, 'x-forwarded-host': forwarded }: IncomingMessage['headers']): boolean {
  if (origin === undefined) return true;
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return false;
  const own = typeof forwarded === 'string' ? forwarded : host;
  if (own === undefined) return false;
  // As a URL both lose the port that goes without saying, and the case of letters.
  const asked = `${new URL(origin).protocol}//${own}`;
  return URL.canParse(asked) && new URL(asked).origin === new URL(origin).origin && new URL(asked).pathname === '/';
}
