import type { Socket } from 'node:net';

/** What finds a peer that is gone without a word, in milliseconds. */
const KEEPALIVE_MS = 30_000;

export interface TunnelEnd {
  readonly socket: Socket;
  /** What came from there already. */
  readonly head: Buffer;
}

/**
 * Passes bytes both ways as they come, each way no faster than its end takes them, so nothing is held whatever its size. One end
 * may finish before the other, which then gets `halfClosedMs`. Returns what breaks both off.
 */
export function tunnel(a: TunnelEnd, b: TunnelEnd, { halfClosedMs, onOver }: TunnelOptions): () => void {
  const sockets = [a.socket, b.socket];
  let open = sockets.length;
  let timer: NodeJS.Timeout | undefined;
  const destroy = () => {
    for (const socket of sockets) socket.destroy();
  };
  for (const socket of sockets) {
    socket.setTimeout(0).setNoDelay(true).setKeepAlive(true, KEEPALIVE_MS);
    socket.on('error', destroy);
    socket.once('end', () => (timer ??= setTimeout(destroy, halfClosedMs)));
    socket.once('close', (hadError) => {
      if (--open === 0) {
        clearTimeout(timer);
        return onOver();
      }
      if (hadError) return destroy();
      // What is on its way to the other end still gets there.
      timer ??= setTimeout(destroy, halfClosedMs);
      for (const other of sockets) other.destroySoon();
      return undefined;
    });
  }
  // From here on: an end that is gone by now has told so before anybody listened.
  if (sockets.some((socket) => socket.destroyed)) {
    open = sockets.filter((socket) => !socket.closed).length;
    destroy();
    if (open === 0) onOver();
    return destroy;
  }
  pass(a, b.socket);
  pass(b, a.socket);
  return destroy;
}

export interface TunnelOptions {
  readonly halfClosedMs: number;
  /** Both ends are closed. */
  onOver(): void;
}

/** By hand and not as a pipe: a pipe leaves its source paused when its target closes, and the source's end would go unseen. */
function pass({ socket: from, head }: TunnelEnd, to: Socket): void {
  const send = (data: Buffer) => {
    if (to.writable && !to.write(data)) from.pause();
  };
  to.on('drain', () => from.resume());
  from.once('end', () => to.end());
  if (head.length > 0) send(head);
  from.on('data', send);
  // A paused 'data' stream does not start by a listener alone.
  if (!to.writableNeedDrain) from.resume();
}
