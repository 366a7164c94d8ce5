import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, closeSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

export interface Child {
  readonly name: string;
  /** Undefined while it runs. */
  readonly exited: () => string | undefined;
  /** Asks it to end and, when it has not after a while, makes it. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The end of what it wrote. */
  tail(): string;
}

const STOP_MS = 20_000;
const TAIL_CHARACTERS = 4000;

/** Starts a program that ends with this process at the latest, with its output in a file. */
export function startChild(name: string, binary: string, args: readonly string[], logFile: string): Child {
  const log = openSync(logFile, 'a');
  const child = spawn(binary, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  let ended: string | undefined;
  const exit = once(child, 'exit').then(
    ([code, signal]) => void (ended = `exit ${String(code ?? signal)}`),
    (error: unknown) => void (ended = String(error)),
  );
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    name,
    exited: () => ended,
    async stop(signal) {
      child.kill(signal);
      const timer = setTimeout(kill, STOP_MS);
      await exit;
      clearTimeout(timer);
      process.off('exit', kill);
    },
    tail: () => readFileSync(logFile, 'utf8').slice(-TAIL_CHARACTERS),
  };
}

/** Ports of the loopback address that nobody listens on. All are held until all are found, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
