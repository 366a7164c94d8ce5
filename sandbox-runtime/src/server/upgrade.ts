import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { ApiError } from '@sandfleet/contract';
import { isAnswering, isWebSocket, serveWithoutUpgrade, watchForEnd } from '@sandfleet/server-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';

import { isOwnOrigin } from './auth/origin.ts';

/** Route configuration: this GET is answered with a WebSocket. */
interface UpgradeConfig {
  readonly webSocket?: boolean;
}

/** The configuration of a route that answers with a WebSocket where one is asked for. */
export const WEB_SOCKET: UpgradeConfig = { webSocket: true };

/** A connection between its request for a WebSocket and the answer. */
export interface WaitingConnection {
  readonly socket: Socket;
  /** What the client sent behind its request already. */
  readonly head: Buffer;
}

interface Waiting extends WaitingConnection {
  readonly stopWatching: () => void;
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
    // No client that means it asks before it has the answer to what it asked before.
    if (isAnswering(socket)) return void socket.destroy();
    if (!isWebSocket(request)) return serveWithoutUpgrade(app.server, request, socket, head);
    const response = new ServerResponse(request);
    // What follows a refusal on this connection would be read by nobody.
    response.shouldKeepAlive = false;
    response.on('finish', () => socket.destroySoon());
    response.assignSocket(socket);
    waiting.set(request, { socket, head, stopWatching: watchForEnd(socket) });
    app.routing(request, response);
  });
  app.addHook('onRequest', async (request) => {
    if (waiting.has(request.raw)) refuseUpgrade(request);
  });
}

/** Whether the request asks for a WebSocket; it is answered like any other until its connection is taken. */
export const asksForWebSocket = (request: FastifyRequest): boolean => waiting.has(request.raw);

/**
 * Takes the bare connection of a request for a WebSocket: from here on the caller answers, and everything is the caller's to end.
 *
 * @throws ApiError when no WebSocket was asked for
 */
export function takeConnection(request: FastifyRequest, reply: FastifyReply): WaitingConnection {
  const connection = waiting.get(request.raw);
  if (connection === undefined) {
    throw new ApiError('BAD_REQUEST', { message: 'This is a WebSocket: ask for it with Upgrade: websocket.' });
  }
  waiting.delete(request.raw);
  connection.stopWatching();
  reply.hijack();
  reply.raw.detachSocket(connection.socket);
  return connection;
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
  app.get(path, { config: WEB_SOCKET, exposeHeadRoute: false }, (request, reply) => {
    const connection = takeConnection(request, reply);
    server.handleUpgrade(request.raw, connection.socket, connection.head, (socket) => {
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
  // Any page may open a WebSocket anywhere, and a sandbox on a developer's machine needs no token: Origin tells a foreign page.
  if (headers.origin !== undefined && !isOwnOrigin(headers))
    throw new ApiError('ORIGIN_REFUSED', { message: 'A WebSocket can be opened from the pages of this sandbox alone.' });
}
