import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { CarryError, carryErrorOf } from './failure.ts';

/** How a program inside begins its answer. */
export type Beginning =
  | { readonly kind: 'answer'; readonly answer: IncomingMessage }
  | { readonly kind: 'switch'; readonly answer: IncomingMessage; readonly socket: Socket; readonly head: Buffer };

export interface BeginningLimits {
  /** Milliseconds until the program must have taken the connection. */
  readonly connectMs: number;
  /** Milliseconds from the end of the request to the beginning of the answer. */
  readonly headMs: number;
}

/**
 * Waits for the beginning of an answer. The request's own errors after that are no news: they come with the answer's.
 *
 * @throws CarryError
 */
export function beginningOf(outgoing: ClientRequest, { connectMs, headMs }: BeginningLimits): Promise<Beginning> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const limit = (milliseconds: number, reason: 'connect_timeout' | 'head_timeout') => {
      clearTimeout(timer);
      timer = setTimeout(() => outgoing.destroy(new CarryError(reason)), milliseconds);
    };
    let isOver = false;
    const begin = (beginning: Beginning) => {
      clearTimeout(timer);
      isOver = true;
      resolve(beginning);
    };
    outgoing.once('socket', (socket) => {
      if (!socket.connecting) return;
      limit(connectMs, 'connect_timeout');
      socket.once('connect', () => clearTimeout(timer));
    });
    outgoing.once('finish', () => {
      if (!isOver) limit(headMs, 'head_timeout');
    });
    outgoing.once('response', (answer) => begin({ kind: 'answer', answer }));
    // node:http types it as any stream; connections to programs are sockets.
    outgoing.once('upgrade', (answer, socket, head) => begin({ kind: 'switch', answer, socket: socket as Socket, head }));
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(carryErrorOf(error));
    });
    // A request that was destroyed without a reason says no more than this.
    outgoing.once('close', () => {
      clearTimeout(timer);
      if (!isOver) reject(new CarryError('reset'));
    });
  });
}
