import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const queued = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * Closes an answer with its connection also while it waits behind another one there (pipelining). It has no socket then, and
 * Node tells it nothing: whatever is held for it until it closes would be held for ever.
 */
export function closeWithConnection(response: ServerResponse, connection: Socket): void {
  if (response.socket !== null) return;
  const waiting = queued.get(connection) ?? watch(connection);
  waiting.add(response);
  // Its turn has come: from here on Node sees to it.
  response.once('socket', () => waiting.delete(response));
}

function watch(connection: Socket): Set<ServerResponse> {
  const waiting = new Set<ServerResponse>();
  queued.set(connection, waiting);
  connection.once('close', () => {
    for (const response of waiting) {
      response.destroy();
      response.emit('close');
    }
    waiting.clear();
  });
  return waiting;
}
