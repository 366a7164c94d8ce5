import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';

import type { Logger } from '@sandfleet/server-kit';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';

import { isListening } from '../is-listening.ts';
import { markLocal } from './auth/local.ts';

/** What a socket's address holds. */
const MAX_PATH_BYTES = 107;
const LOOK_MS = 5000;

/** Where the socket is unless it is told: in the user's own runtime directory, else in one that this user alone can open. */
export function defaultSocketPath(env: Readonly<Record<string, string | undefined>>, uid = process.getuid?.() ?? 0): string {
  const directory = env['XDG_RUNTIME_DIR'];
  const parent = directory !== undefined && directory.startsWith('/') ? join(directory, 'sandfleet') : `/tmp/sandfleet-${uid}`;
  return join(parent, 'runtime.sock');
}

/**
 * Makes the place for the socket; undefined where there can be none, which is no reason for a sandbox not to start. One that a
 * runtime before this one left behind is removed; one at which another runtime answers is left to that.
 */
export async function claimSocket(path: string, log: Logger): Promise<string | undefined> {
  try {
    const reason = await claim(path);
    if (reason === undefined) return path;
    log.warn({ path }, `${reason}: programs in the sandbox need a credential`);
  } catch (error) {
    log.warn({ err: error, path }, 'there is no local socket: programs in the sandbox need a credential');
  }
  return undefined;
}

async function claim(path: string): Promise<string | undefined> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `the path of the local socket is longer than ${MAX_PATH_BYTES} bytes`;
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const place = await lstat(directory);
  // In a directory of somebody else, or of everybody, the socket could be exchanged for another.
  if (!place.isDirectory() || place.uid !== process.getuid?.()) return 'the directory of the local socket is not our own';
  if ((place.mode & 0o077) !== 0) await chmod(directory, 0o700);
  const old = await lstat(path).catch(() => undefined);
  if (old === undefined) return undefined;
  if (!old.isSocket()) return 'there is something else at the path of the local socket';
  if (await isListening(path)) return 'another runtime has the local socket';
  await rm(path, { force: true });
  return undefined;
}

/**
 * Lets programs of the sandbox's own user in without a credential, by the same server. Ends with it. Where somebody has tidied up
 * /tmp, the socket is soon there again.
 */
export async function listenLocally(app: FastifyInstance, path: string, lookMs = LOOK_MS): Promise<void> {
  const connections = new Set<Socket>();
  const take = (socket: Socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    markLocal(socket);
    // The HTTP server takes connections from wherever they are handed to it, with its limits and its upgrades.
    app.server.emit('connection', socket);
  };
  let door: Server | undefined;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  app.addHook('preClose', async () => {
    clearInterval(timer);
    await looking;
    door?.close();
  });
  app.addHook('onClose', async () => {
    for (const socket of connections) socket.destroySoon();
  });
  await app.ready();
  door = await open(path, take, app.log);
  const look = async () => {
    if (await isSocket(path)) return;
    door?.close();
    if ((await claim(path)) === undefined) door = await open(path, take, app.log);
  };
  timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => app.log.warn({ err: error, path }, 'the local socket was removed and can’t be made again'))
      .finally(() => (looking = undefined));
  }, lookMs).unref();
}

const isSocket = async (path: string): Promise<boolean> => (await lstat(path).catch(() => undefined))?.isSocket() === true;

async function open(path: string, take: (socket: Socket) => void, log: FastifyBaseLogger): Promise<Server> {
  const door = createServer(take);
  await new Promise<void>((resolve, reject) => door.once('error', reject).listen(path, resolve));
  door.on('error', (error) => log.warn({ err: error }, 'the local socket failed'));
  await chmod(path, 0o600);
  return door;
}
