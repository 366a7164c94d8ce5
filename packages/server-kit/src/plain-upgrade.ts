import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

const OF_THE_OFFER = new Set(['upgrade', 'http2-settings']);

export function isWebSocket({ method, headers, httpVersion }: IncomingMessage): boolean {
  return method === 'GET' && httpVersion === '1.1' && headers.upgrade?.trim().toLowerCase() === 'websocket';
}

/** Node's own note of the answer that is due on a connection. */
interface Answering extends Socket {
  readonly _httpMessage?: object | null;
}

/**
 * Whether an earlier request on the connection has yet to get its answer (pipelining). Node hands over the connection of the
 * request behind it all the same, where what one writes gets into the other, and where giving it an answer of its own throws.
 */
export function isAnswering(socket: Answering): boolean {
  return socket._httpMessage !== undefined && socket._httpMessage !== null;
}

/**
 * Sees the end of a connection that waits between its request for another protocol and the answer: nobody reads from it, and so
 * nobody would hear that its client has gone. What a client sends early stays where it is. Returns what ends the watch.
 */
export function watchForEnd(socket: Socket): () => void {
  const look = () => {
    if (socket.readableLength === 0) socket.read(0);
  };
  const end = () => socket.destroy();
  socket.on('readable', look).once('end', end);
  return () => void socket.off('readable', look).off('end', end);
}

/**
 * Gives a request that offers to switch to something else (curl and Java offer h2c unasked) back to the server as the plain
 * request that it also is: RFC 9110 7.8 lets a server ignore the offer, but Node takes such a request off the server.
 */
export function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, first: Buffer): void {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (OF_THE_OFFER.has(lower)) continue;
    head += `${name}: ${lower === 'connection' ? withoutOffer(value) : value}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), first]));
  server.emit('connection', socket);
}

/** What else `Connection` says still holds: that the connection closes, and which headers are for this hop alone. */
function withoutOffer(connection: string): string {
  const names = connection.split(',').map((name) => name.trim());
  return names.filter((name) => name !== '' && !OF_THE_OFFER.has(name.toLowerCase())).join(', ') || 'keep-alive';
}
