import { readFile } from 'node:fs/promises';

/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/** TCP ports that something listens on in this network namespace, in order. */
export async function listeningPorts(): Promise<readonly number[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')));
  return [...new Set(tables.flatMap(parseSockets))].toSorted((a, b) => a - b);
}

/** `sl local_address rem_address st …`, one socket a line; the port is the hexadecimal end of the local address. */
export function parseSockets(table: string): number[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local = '']) => Number.parseInt(local.split(':').at(-1) ?? '', 16));
}
