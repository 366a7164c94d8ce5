import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { Forwarding } from './forward.ts';
import { ProxyError, toProxyError } from './proxy-error.ts';
import { refuseTunnel } from './refuse.ts';
import { parseConnect, type Destination } from './request-target.ts';

const OPEN = 'HTTP/1.1 200 Connection established\r\n\r\n';

export interface TunnelOptions extends Forwarding {
  readonly idleMs: number;
}

/** Answers CONNECT and carries bytes until both sides have ended. Never throws. */
export async function tunnel(request: IncomingMessage, client: Socket, head: Buffer, options: TunnelOptions): Promise<void> {
  const hungUp = new AbortController();
  // Node takes its own listener off: without another, a connection that breaks now would end the process.
  client.on('error', () => client.destroy());
  client.once('close', () => hungUp.abort());
  // At once: nothing can be put back any more when the client has said all by the time that the other side is there.
  if (head.length > 0) client.unshift(head);
  try {
    const remote = await open(request, options, hungUp.signal);
    client.write(OPEN);
    carry(client, remote, options.idleMs);
  } catch (error) {
    if (!client.destroyed) refuseTunnel(client, toProxyError(error, 'The server'));
  }
}

async function open({ url = '' }: IncomingMessage, { rules, outbound }: Forwarding, signal: AbortSignal): Promise<Socket> {
  const destination: Destination | undefined = parseConnect(url);
  if (destination === undefined) throw new ProxyError(400, 'CONNECT takes host:port.');
  const route = rules.route(destination);
  if (route.kind !== 'upstream') {
    return outbound.dial(route.kind === 'mapping' ? route.mapping.target : destination, signal);
  }
  outbound.refuse(destination);
  const opened = await outbound.tunnel(route.upstream, destination.authority, signal);
  if (opened.status >= 200 && opened.status < 300) return opened.socket;
  opened.socket.destroy();
  throw new ProxyError(502, `The upstream proxy ${route.upstream.address} refused the connection (${opened.status}).`);
}

/**
 * One side may have said all and the other not: each direction ends by itself, and `pipe` passes its end on. What breaks takes
 * both down, which `pipeline` would do too, at the price of a dozen listeners a connection.
 */
function carry(client: Socket, remote: Socket, idleMs: number): void {
  const end = () => {
    client.destroy();
    remote.destroy();
  };
  for (const socket of [client, remote]) {
    socket.setNoDelay(true);
    socket.setTimeout(idleMs, end);
    socket.once('error', end);
    socket.once('close', end);
  }
  client.pipe(remote).pipe(client);
}
