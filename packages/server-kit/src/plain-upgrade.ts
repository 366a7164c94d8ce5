import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

const OF_THE_OFFER = new Set(['upgrade', 'http2-settings']);

export function isWebSocket({ method, headers, httpVersion }: IncomingMessage): boolean {
  return method === 'GET' && httpVersion === '1.1' && headers.upgrade?.trim().toLowerCase() === 'websocket';
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
