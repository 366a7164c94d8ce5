import type { IncomingMessage } from 'node:http';
import { isIPv4, Socket } from 'node:net';

/** Connections that came by the UNIX socket. */
const local = new WeakSet<object>();

export const markLocal = (socket: Socket): void => void local.add(socket);

/** Only the sandbox's own user can open that socket, and no web page can: a browser knows no UNIX sockets. */
export const cameLocally = ({ socket }: IncomingMessage): boolean => local.has(socket);

const OWN_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/i;
/** A browser says these, or a proxy: what they let through was not asked by a program on this machine. */
const TELLTALES = ['origin', 'referer', 'forwarded', 'via', 'x-real-ip', 'x-original-uri', 'x-aio-proxy-port'] as const;
const TELLTALE_PREFIXES = ['sec-fetch-', 'x-forwarded-'] as const;

/**
 * Whether a program on this machine asks by loopback, where that is trusted. A web page in a browser on this machine reaches
 * loopback too, under these names or, by rebinding its own, under another: its browser tells.
 */
export function isPlainLoopback({ socket, headers, rawHeaders }: IncomingMessage): boolean {
  if (!(socket instanceof Socket) || !isLoopback(socket.remoteAddress)) return false;
  if (!OWN_HOST.test(headers.host ?? '') || countOf(rawHeaders, 'host') !== 1) return false;
  return Object.keys(headers).every(
    (name) => !TELLTALES.some((telltale) => telltale === name) && !TELLTALE_PREFIXES.some((prefix) => name.startsWith(prefix)),
  );
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

function countOf(rawHeaders: readonly string[], wanted: string): number {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === wanted).length;
}
