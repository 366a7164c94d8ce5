import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { ProxyError } from './proxy-error.ts';

/** Plain text that no browser takes for anything else: it repeats names that strangers chose. */
const HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

const REASONS: Readonly<Record<ProxyError['status'], string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
};

/** Ends a request with an answer of the proxy itself; one whose answer has begun is cut, so that nobody takes it for whole. */
export function refuseRequest(response: ServerResponse, { status, message }: ProxyError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // Of a body that nobody has read to its end the next request could not be told.
  response.writeHead(status, { ...HEADERS, connection: 'close' }).end(`${message}\n`);
}

/** The same where no response object is: for CONNECT. */
export function refuseTunnel(socket: Socket, { status, message }: ProxyError): void {
  const body = Buffer.from(`${message}\n`);
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    ...Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.end(body, () => socket.destroySoon());
}
