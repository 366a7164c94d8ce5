import { readdir, readFile, readlink } from 'node:fs/promises';

export interface Listener {
  readonly port: number;
  /** Number of the socket's inode, by which its process is found. */
  readonly inode: string;
}

/** State LISTEN in /proc/net/tcp. */
const LISTEN = '0A';
/** Addresses that 127.0.0.1 or ::1 reaches, as the kernel writes them: 32 bits each in this machine's byte order. */
const REACHABLE = new Set([
  '00000000',
  '0100007F',
  '00000000000000000000000000000000',
  '00000000000000000000000001000000',
  // ::ffff:127.0.0.1
  '0000000000000000FFFF00000100007F',
]);

/** The listening sockets in the text of /proc/net/tcp or tcp6 that a preview can reach. */
export function parseListeners(table: string): readonly Listener[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      return state === LISTEN && REACHABLE.has(address) ? [{ port: Number.parseInt(port, 16), inode }] : [];
    });
}

export interface Owner {
  readonly pid: number;
  readonly name: string;
}

/** A process may hold very many descriptors; what is not found by then has no name. */
const MAX_DESCRIPTORS = 65_536;

/** The processes that hold the sockets, by inode. Those of other users can't be looked into and are left out. */
export async function findOwners(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, Owner>> {
  const owners = new Map<string, Owner>();
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  let left = MAX_DESCRIPTORS;
  for (const pid of processes) {
    if (owners.size === inodes.size || left <= 0) break;
    const descriptors = (await readdir(`/proc/${pid}/fd`).catch(() => [])).slice(0, left);
    left -= descriptors.length;
    const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    const held = links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []).filter((inode) => inodes.has(inode));
    if (held.length === 0) continue;
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
    // A child that inherited the socket comes later and does not take it over.
    for (const inode of held) if (!owners.has(inode)) owners.set(inode, { pid: Number(pid), name });
  }
  return owners;
}

/** Every port that a preview can reach, lowest first, with whoever listens there. */
export async function listeningPorts(): Promise<readonly { readonly port: number; readonly owner: Owner | undefined }[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')));
  const listeners = tables.flatMap(parseListeners);
  const owners = await findOwners(new Set(listeners.map(({ inode }) => inode)));
  const byPort = new Map<number, Owner | undefined>();
  for (const { port, inode } of listeners) byPort.set(port, byPort.get(port) ?? owners.get(inode));
  return [...byPort].sort(([a], [b]) => a - b).map(([port, owner]) => ({ port, owner }));
}
