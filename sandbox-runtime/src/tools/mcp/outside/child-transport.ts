import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

import type { Environment } from '../../../config.ts';
import { boundedLines } from '../../../process/bounded-lines.ts';
import { LAUNCH } from '../../../process/bounded-process.ts';
import type { CommandServer } from './servers-file.ts';

/** One message: a result with a picture in it. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const STDERR_CHARACTERS = 2000;
/** What a server gets to end by itself once its input is closed, and after it was told to. */
const GRACE_MS = 2000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface ChildTransportOptions {
  readonly server: CommandServer;
  readonly env: Environment;
  readonly workspace: string;
  /** Checks that a line is a message. */
  readonly parse: (line: string) => JSONRPCMessage;
}

/** An MCP server that is a child process: messages are lines of its standard input and output. */
export class ChildTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #options: ChildTransportOptions;
  #child: Child | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stderr = '';
  #end: string | undefined;

  constructor(options: ChildTransportOptions) {
    this.#options = options;
  }

  /** How it ended, and what it last said; for people. */
  get lastWords(): string {
    const said = this.#stderr.trim();
    return `${this.#end ?? 'It was stopped'}${said === '' ? '' : `; it said: ${said}`}`;
  }

  async start(): Promise<void> {
    const { server, env, workspace } = this.#options;
    const child: Child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', LAUNCH, 'bash', server.command, ...server.args], {
      cwd: server.directory ?? workspace,
      env: { ...env, ...server.env },
      // A group of its own: a server that is started by npx or uvx is a child of the child.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    // A write to a server that has ended.
    child.stdin.on('error', (error) => this.onerror?.(error));
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-STDERR_CHARACTERS);
    });
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#end = signal === null ? `It ended with exit code ${code}` : `It was ended by ${signal}`;
        resolve();
      });
      child.once('error', () => resolve());
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', () => resolve());
      child.once('error', reject);
    });
    void this.#read(child);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const { stdin } = this.#child ?? {};
    if (stdin === undefined || !stdin.writable) throw new Error('The server has ended.');
    if (stdin.write(`${JSON.stringify(message)}\n`)) return;
    await new Promise<void>((resolve) => {
      stdin.once('drain', resolve).once('close', resolve);
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    child.stdin.end();
    if (!(await this.#isGoneWithin(GRACE_MS))) {
      signalGroup(child, 'SIGTERM');
      await this.#isGoneWithin(GRACE_MS);
    }
    // What it started goes with it, even when it is gone itself.
    signalGroup(child, 'SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
    this.onclose?.();
  }

  async #isGoneWithin(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), milliseconds);
    });
    const isGone = await Promise.race([this.#exited.then(() => true), late]);
    clearTimeout(timer);
    return isGone;
  }

  async #read(child: Child): Promise<void> {
    try {
      for await (const line of boundedLines(child.stdout, MAX_LINE_BYTES)) this.#receive(line);
    } catch (error) {
      // A line without an end, or a stream that close() destroyed.
      if (this.#child === child) this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
    await this.close();
  }

  #receive(line: string): void {
    if (line.trim() === '') return;
    try {
      this.onmessage?.(this.#options.parse(line));
    } catch {
      // Many servers print what is no message; it is nobody's answer.
      this.#stderr = `${this.#stderr}${line.slice(0, 200)}\n`.slice(-STDERR_CHARACTERS);
    }
  }
}

function signalGroup({ pid }: Child, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
