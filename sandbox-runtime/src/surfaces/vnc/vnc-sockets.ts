import type { Logger } from '@sandfleet/server-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';

import type { AccessMode } from '../../server/access.ts';
import { webSocketRoute } from '../../server/upgrade.ts';
import type { Services } from '../../services/service.ts';
import { CLOSE, VncConnection } from './vnc-connection.ts';

/** The largest message of a viewer is a text that it copied. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const CHECK_MS = 30_000;

export interface VncSocketsOptions {
  readonly app: FastifyInstance;
  readonly services: Services;
  readonly log: Logger;
  readonly maxSockets: number;
  /** The screen is shown to nobody. */
  readonly isDisabled: boolean;
}

/** The WebSockets at `/websockify`. */
export class VncSockets {
  readonly #options: VncSocketsOptions;
  readonly #running = new Map<VncConnection, Promise<void>>();
  readonly #checks: NodeJS.Timeout;
  #closed = false;

  constructor(options: VncSocketsOptions) {
    this.#options = options;
    this.#checks = setInterval(() => this.#check(), CHECK_MS);
    this.#checks.unref();
    webSocketRoute(options.app, {
      path: '/websockify',
      maxPayload: MAX_MESSAGE_BYTES,
      onSocket: (socket, request) => this.#onSocket(socket, request),
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#checks);
    for (const connection of this.#running.keys()) connection.close();
    await Promise.all(this.#running.values());
  }

  #onSocket(socket: WebSocket, request: FastifyRequest): void {
    const { services, log, maxSockets, isDisabled } = this.#options;
    if (this.#closed) return socket.terminate();
    if (isDisabled) return socket.close(CLOSE.policy, 'The screen is not shown here: DISABLE_VNC.');
    if (this.#running.size >= maxSockets) return socket.close(CLOSE.tryAgainLater, 'Too many viewers of the screen.');
    // What comes before there is a screen waits on the connection.
    socket.pause();
    const connection = new VncConnection({ socket, mode: modeOf(request), services, log });
    this.#running.set(
      connection,
      connection.run().finally(() => this.#running.delete(connection)),
    );
    return undefined;
  }

  #check(): void {
    for (const connection of this.#running.keys()) connection.check();
  }
}

/** The credential's mode and what the URL asks for: the stricter of the two. Anything but a plain no asks for a view. */
export function modeOf({ access, query }: Pick<FastifyRequest, 'access' | 'query'>): AccessMode {
  const { view_only: asked = 'false' } = query as { readonly view_only?: string | readonly string[] };
  const isControl = access?.mode !== 'view' && (asked === 'false' || asked === '0' || asked === '');
  return isControl ? 'control' : 'view';
}
