import { ApiError } from '@sandfleet/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';

import { webSocketRoute } from '../../server/upgrade.ts';
import type { ShellSessions } from './sessions.ts';
import type { Terminal } from './terminal.ts';
import { CLOSE, refuse, TerminalConnection } from './terminal-connection.ts';

/** A paste comes as one message; what is larger belongs into a file. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const CHECK_MS = 30_000;

export interface TerminalSocketsOptions {
  readonly app: FastifyInstance;
  readonly sessions: ShellSessions;
  readonly maxSockets: number;
}

/** The WebSockets at `/v1/shell/ws`. */
export class TerminalSockets {
  readonly #sessions: ShellSessions;
  readonly #maxSockets: number;
  /** Each with its connection, once there is a session for it. */
  readonly #sockets = new Map<WebSocket, TerminalConnection | undefined>();
  readonly #checks: NodeJS.Timeout;
  #closed = false;

  constructor({ app, sessions, maxSockets }: TerminalSocketsOptions) {
    this.#sessions = sessions;
    this.#maxSockets = maxSockets;
    this.#checks = setInterval(() => this.#check(), CHECK_MS);
    this.#checks.unref();
    webSocketRoute(app, {
      path: '/v1/shell/ws',
      maxPayload: MAX_MESSAGE_BYTES,
      onSocket: (socket, request) => void this.#onSocket(socket, request),
    });
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#checks);
    for (const [socket, connection] of this.#sockets) {
      if (connection === undefined) socket.terminate();
      else connection.close();
    }
  }

  async #onSocket(socket: WebSocket, request: FastifyRequest): Promise<void> {
    if (this.#closed) return socket.terminate();
    if (this.#sockets.size >= this.#maxSockets) return refuse(socket, CLOSE.tryAgainLater, 'Too many terminals are open.');
    this.#sockets.set(socket, undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    // What comes before the session is there waits in the connection.
    socket.pause();
    try {
      const terminal = await this.#terminalOf(request);
      if (!this.#sockets.has(socket)) return;
      this.#sockets.set(socket, new TerminalConnection({ socket, terminal, onClose: () => this.#sockets.delete(socket) }));
    } catch (error) {
      if (!(error instanceof ApiError)) request.log.error({ err: error }, 'a terminal could not be opened');
      refuse(socket, CLOSE.policy, error instanceof ApiError ? error.message : 'The terminal could not be opened.');
    } finally {
      socket.resume();
    }
  }

  async #terminalOf({ query }: FastifyRequest): Promise<Terminal> {
    // Twice in a query makes it a list, which is the id of nobody.
    const { session_id: id } = query as { readonly session_id?: unknown };
    if (id === undefined || id === '') return this.#sessions.openTerminal();
    if (typeof id !== 'string') throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
    return this.#sessions.get(id);
  }

  #check(): void {
    const now = Date.now();
    for (const connection of this.#sockets.values()) connection?.check(now);
  }
}
