import { fork, spawn, type ChildProcess } from 'node:child_process';
import type { AddressInfo, Server } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Usage {
  readonly cpuMs: number;
  readonly rssMiB: number;
}

/** What a server says when it listens; a token where it asks for one. */
export interface Published {
  readonly port: number;
  readonly token?: string;
}

/** In the child: says where it listens, and answers questions about its usage. */
export function publish(server: Pick<Server, 'address'> | { readonly port: number; readonly token: string }): void {
  // A listening TCP server's address is never a text or null.
  process.send?.('port' in server ? server : { port: (server.address() as AddressInfo).port });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000, rssMiB: process.memoryUsage.rss() / 1024 / 1024 } satisfies Usage);
  });
}

/** A server in a process of its own, as it would run. */
export class Child {
  readonly #process: ChildProcess;
  readonly port: number;
  readonly token: string;

  private constructor(process: ChildProcess, { port, token = '' }: Published) {
    this.#process = process;
    this.port = port;
    this.token = token;
  }

  static async start(file: string, args: readonly string[] = []): Promise<Child> {
    // A bundle needs no loader for TypeScript, and shall not carry one; it is started as the chart does it.
    const execArgv = file.endsWith('.mjs') ? ['--max-semi-space-size=8'] : process.execArgv;
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, args, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    return new Child(child, await answerOf<Published>(child));
  }

  /** A program that prints its port. */
  static async startProgram(file: string, args: readonly string[]): Promise<Child> {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await Promise.race([
      new Promise<[string]>((resolve) => createInterface(child.stdout).once('line', (line) => resolve([line]))),
      new Promise<never>((_, reject) => child.once('exit', (code) => reject(new Error(`${file} exited with ${code}`)))),
    ]);
    return new Child(child, { port: Number(line) });
  }

  async usage(): Promise<Usage | undefined> {
    if (!this.#process.connected) return undefined;
    this.#process.send('usage');
    return answerOf<Usage>(this.#process);
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}

function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a server of the benchmark exited with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      // Both ends of the channel are this file.
      resolve(message as T);
    });
  });
}
