import { lstat } from 'node:fs/promises';
import { request } from 'node:http';

import { isListening } from '../is-listening.ts';

/** Whoever tidies up /tmp takes away what a program is reached by, and most can't be told to make it again. */
export async function removedSocket(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isSocket() !== true) return `its socket ${path} was removed`;
  }
  return undefined;
}

/** @throws Error when another process has the port, which would be taken for the service. */
export async function refuseTakenPort(port: number): Promise<void> {
  if (await isListening(port)) throw new Error(`port ${port} is taken by another process`);
}

export interface Question {
  /** Port on the loopback device, or path of a socket. */
  readonly where: number | string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

const MAX_REPLY = 1024 * 1024;

/** Asks a service something small over HTTP. */
export function ask({ where, path, headers = {}, signal }: Question): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const target = typeof where === 'number' ? { host: '127.0.0.1', port: where } : { socketPath: where };
    const asked = request({ ...target, path, headers, signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_REPLY) response.destroy(new Error('the answer is too long'));
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
    });
    asked.once('error', reject);
    asked.end();
  });
}
