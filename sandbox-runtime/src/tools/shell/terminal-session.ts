import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import type { IPty } from 'node-pty';

import type { Environment } from '../../config.ts';
import { hangUpSession } from './end-session.ts';
import { commandLineOf, foregroundOf, signalProcess } from '../../process/session-processes.ts';
import { onClosed, spawnPty } from './pty-parts.ts';
import { Replay } from './replay.ts';
import { Audience, type Size, type Terminal, type Viewer } from './terminal.ts';
import { TerminalWriter } from './terminal-writer.ts';

const FIRST_SIZE: Size = { cols: 80, rows: 24 };
/** Characters of output that a viewer who comes later is shown. */
const REPLAY_LENGTH = 256 * 1024;
const POLL_MS = 50;
const SIGNALS: readonly [NodeJS.Signals, number][] = [
  ['SIGINT', 1000],
  ['SIGTERM', 2000],
  ['SIGKILL', 2000],
];

/** Closes what else is open (see bash-process.ts), and becomes a shell with a prompt, job control and the user's ~/.bashrc. */
const LAUNCH =
  'for path in /proc/$$/fd/*; do fd=${path##*/}; if (( fd > 2 && fd != 255 )); then eval "exec $fd>&-"; fi; done; exec bash -i';

export interface TerminalOptions {
  readonly id: string;
  readonly directory: string;
  readonly env: Environment;
  /** Milliseconds without viewers after which it ends. */
  readonly idleMs: number;
  /** It ended, whoever ended it. */
  onEnd(): void;
}

/** A shell for people: what is typed goes to its prompt, and what it shows to all who look. It outlives their connections. */
export class TerminalSession implements Terminal {
  readonly kind = 'terminal';
  readonly id: string;
  readonly createdAt = new Date();
  lastUsedAt = new Date();
  readonly #pty: IPty;
  readonly #writer: TerminalWriter;
  readonly #idleMs: number;
  readonly #replay = new Replay(REPLAY_LENGTH);
  readonly #audience = new Audience();
  readonly #holders = new Set<object>();
  readonly #firstDirectory: string;
  #idle: NodeJS.Timeout | undefined;
  #gone = false;

  private constructor(pty: IPty, { id, directory, idleMs, onEnd }: TerminalOptions) {
    this.id = id;
    this.#pty = pty;
    this.#idleMs = idleMs;
    this.#firstDirectory = directory;
    this.#writer = new TerminalWriter(pty);
    pty.onData((text) => this.#onOutput(text));
    // Not its exit: a program that took the shell's place may go on without the terminal, and nobody can look at it or type.
    onClosed(pty, () => {
      this.#onClosed();
      onEnd();
    });
    this.#beginIdle();
  }

  static async start(options: TerminalOptions): Promise<TerminalSession> {
    const pty = await spawnPty([LAUNCH], {
      ...FIRST_SIZE,
      cwd: options.directory,
      env: { ...options.env, COLORTERM: 'truecolor' },
    });
    return new TerminalSession(pty, options);
  }

  get directory(): string {
    try {
      return readlinkSync(`/proc/${this.#pty.pid}/cwd`);
    } catch {
      return this.#firstDirectory;
    }
  }

  /** Somebody looks at it: it does not make room for others. */
  get isBusy(): boolean {
    return this.#audience.size > 0;
  }

  /** What runs in the foreground, unless it is the prompt. */
  get runs(): string | undefined {
    const foreground = this.#gone ? undefined : foregroundOf(this.#pty.pid);
    return foreground === undefined ? undefined : (commandLineOf(foreground) ?? '');
  }

  get shown(): string {
    return this.#replay.toString();
  }

  attach(viewer: Viewer): string | undefined {
    if (this.#gone || !this.#audience.add(viewer)) return undefined;
    clearTimeout(this.#idle);
    this.lastUsedAt = new Date();
    return this.shown;
  }

  detach(viewer: Viewer): void {
    if (this.#audience.delete(viewer) && this.#audience.size === 0 && !this.#gone) this.#beginIdle();
  }

  type(text: string): void {
    this.lastUsedAt = new Date();
    this.#writer.write(text);
  }

  get unread(): number {
    return this.#writer.waiting;
  }

  typed(): Promise<void> {
    return this.#writer.taken();
  }

  resize({ cols, rows }: Size): void {
    if (!this.#gone) this.#pty.resize(cols, rows);
  }

  hold(viewer: object): void {
    this.#holders.add(viewer);
    this.#pty.pause();
  }

  release(viewer: object): void {
    if (this.#holders.delete(viewer) && this.#holders.size === 0) this.#pty.resume();
  }

  /** Ends what runs in the foreground: as Ctrl-C at first, then by force. The shell stays. */
  async stop(): Promise<void> {
    const foreground = foregroundOf(this.#pty.pid);
    for (const [signal, patience] of SIGNALS) {
      for (let waited = 0; waited < patience; waited += POLL_MS) {
        if (this.#gone || foreground === undefined || foregroundOf(this.#pty.pid) !== foreground) return;
        if (waited === 0) signalProcess(-foreground, signal);
        await delay(POLL_MS);
      }
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    if (!this.#gone) await hangUpSession(this.#pty.pid, () => this.#gone);
  }

  #onOutput(text: string): void {
    this.#replay.append(text);
    this.#audience.tell(text);
  }

  #onClosed(): void {
    this.#gone = true;
    clearTimeout(this.#idle);
    this.#audience.end();
  }

  #beginIdle(): void {
    this.lastUsedAt = new Date();
    this.#idle = setTimeout(() => void this.close(), this.#idleMs);
    this.#idle.unref();
  }
}
