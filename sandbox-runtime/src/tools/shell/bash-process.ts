import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, constants, openSync, readlinkSync, writeSync } from 'node:fs';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { IPty } from 'node-pty';

import type { Environment } from '../../config.ts';
import { INIT_LINES, parseReport, STATUS_FD, TERMINAL_FD, type Ended } from './bash-line.ts';
import { beginningAtEnd } from './beginning-at-end.ts';
import { endSession, hangUpSession } from './end-session.ts';
import { toStartError } from '../../process/no-room.ts';
import { sessionProcesses, signalProcess } from '../../process/session-processes.ts';
import { spawnPty } from './pty-parts.ts';
import { TerminalWriter } from './terminal-writer.ts';

const exec = promisify(execFile);

const COLUMNS = 160;
const ROWS = 50;
/** How long a shell may take to say that it is there, and the terminal to hand over what was written to it. */
const START_TIMEOUT_MS = 20_000;
const DRAIN_TIMEOUT_MS = 2000;

/**
 * Becomes the shell with its channels. What else is open is closed first: node-pty opens terminals so that every later child
 * inherits the far side of all of them, and one session could read what is typed into another.
 */
const LAUNCH = [
  'for path in /proc/$$/fd/*; do fd=${path##*/}; if (( fd > 2 && fd != 255 )); then eval "exec $fd>&-"; fi; done;',
  `exec bash --noprofile --norc --noediting -i ${TERMINAL_FD}<&1 <"$0" ${STATUS_FD}>"$1"`,
].join(' ');

export interface BashListener {
  output(text: string): void;
  /** A command ended and all that it wrote has been given to `output`. */
  ended(report: Ended): void;
  /** The shell itself is gone. */
  exited(exitCode: number): void;
}

export interface BashOptions {
  readonly directory: string;
  readonly env: Environment;
  readonly listener: BashListener;
}

interface Channels {
  readonly commands: Socket;
  readonly reports: Socket;
}

/** One bash on a terminal of its own, with a channel for commands and one for reports beside the terminal. */
export class BashProcess {
  readonly #pty: IPty;
  readonly #commands: Socket;
  readonly #reports: Socket;
  readonly #writer: TerminalWriter;
  readonly #listener: BashListener;
  #terminal: string | undefined;
  #report = '';
  #drain: { readonly report: Ended; readonly marker: string; readonly timer: NodeJS.Timeout } | undefined;
  #carry = '';
  #ready: ((value: boolean) => void) | undefined;
  readonly #holders = new Set<object>();
  #gone = false;

  private constructor(pty: IPty, channels: Channels, listener: BashListener) {
    this.#pty = pty;
    this.#commands = channels.commands;
    this.#reports = channels.reports;
    this.#listener = listener;
    this.#writer = new TerminalWriter(pty);
    pty.onData((text) => this.#onOutput(text));
    pty.onExit(({ exitCode, signal }) => this.#onExit(signal ? 128 + signal : exitCode));
    this.#reports.setEncoding('utf8').on('data', (text: string) => this.#onReports(text));
    // A shell that is gone closes its ends; its exit is what counts, and that is told by the terminal.
    for (const channel of [this.#commands, this.#reports]) channel.on('error', () => channel.destroy());
  }

  /** @throws ApiError TOO_MANY_REQUESTS where the system has no room for it */
  static async start({ directory, env, listener }: BashOptions): Promise<BashProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'shell-'));
    const paths = [join(folder, 'commands'), join(folder, 'reports')] as const;
    let channels: Channels | undefined;
    try {
      channels = await openChannels(paths);
      const pty = await spawnPty([LAUNCH, ...paths], {
        cols: COLUMNS,
        rows: ROWS,
        cwd: directory,
        // Nobody turns pages here.
        env: { ...env, PAGER: 'cat', GIT_PAGER: 'cat' },
      });
      const bash = new BashProcess(pty, channels, listener);
      await bash.#begin();
      return bash;
    } catch (error) {
      channels?.commands.destroy();
      channels?.reports.destroy();
      throw error instanceof Error ? toStartError(error) : error;
    } finally {
      // Both ends are open by now, or never will be; a name that stays would be a way in. One by one: a descriptor to list
      // the folder by may be what there was no room for.
      for (const path of paths) await rm(path, { force: true });
      await rmdir(folder).catch(() => undefined);
    }
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Hands over the lines of a command; `ended` or `exited` tells what became of it. */
  run(lines: string): void {
    this.#writer.clear();
    this.#commands.write(lines);
  }

  /** Types into whatever reads from the terminal. */
  input(text: string): void {
    this.#writer.write(text);
  }

  /** Bytes that were typed and nobody has read. */
  get unread(): number {
    return this.#writer.waiting;
  }

  /** Resolves when little of what was typed waits to be taken. */
  typed(): Promise<void> {
    return this.#writer.taken();
  }

  /** As Ctrl-C: the shell drops the command that it is in, and so does what it runs. */
  interrupt(): void {
    if (!this.#gone) signalProcess(-this.pid, 'SIGINT');
  }

  /** Ends what was started since `began` (ms since the epoch): neither the shell nor what earlier commands left in the background. */
  async signalCommand(signal: NodeJS.Signals, began: number): Promise<void> {
    for (const pid of await sessionProcesses(this.pid, began)) signalProcess(pid, signal);
  }

  /** Leaves what comes next in the terminal, which makes its writers wait; what is over is taken out in any case. */
  hold(owner: object): void {
    this.#holders.add(owner);
    if (this.#drain === undefined) this.#pty.pause();
  }

  release(owner: object): void {
    if (this.#holders.delete(owner) && this.#holders.size === 0) this.#pty.resume();
  }

  async hangUp(): Promise<void> {
    if (!this.#gone) await hangUpSession(this.pid, () => this.#gone);
  }

  /** Ends the shell and everything that still belongs to its session. */
  async kill(): Promise<void> {
    await endSession(this.pid, () => this.#gone);
  }

  async #begin(): Promise<void> {
    const started = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), START_TIMEOUT_MS);
      this.#ready = (value) => {
        clearTimeout(timer);
        this.#ready = undefined;
        resolve(value);
      };
      this.#commands.write(INIT_LINES);
    });
    if (!started) {
      await this.kill();
      throw new Error('bash did not start');
    }
  }

  #onReports(text: string): void {
    const reports = (this.#report + text).split('\0');
    this.#report = reports.pop() ?? '';
    for (const report of reports) {
      const ended = parseReport(report);
      if (ended !== undefined) this.#beginDrain(ended);
    }
  }

  /**
   * The report overtakes output that is still in the terminal. A random marker, written behind that output by us and known to
   * no program, tells when all of it has come out.
   */
  #beginDrain(report: Ended): void {
    // Digits alone: no setting of a terminal changes those, not even upper case for everything.
    const marker = `\u{1}${randomInt(2 ** 47)}.${randomInt(2 ** 47)}\u{2}`;
    const timer = setTimeout(() => this.#giveUp(marker), DRAIN_TIMEOUT_MS);
    this.#drain = { report, marker, timer };
    // What is left of the command fits into the terminal's own buffer: nobody waits for a slow reader of it.
    if (this.#holders.size > 0) this.#pty.resume();
    this.#writeMarker(marker);
  }

  /** Behind the reading of this turn: after a time in which the server itself stood still, the marker may be waiting. */
  #giveUp(marker: string): void {
    setImmediate(() => {
      if (this.#drain?.marker === marker) this.#endDrain();
    });
  }

  #writeMarker(marker: string, from = 0): void {
    // One that was given up would stand in the output of the next command.
    if (this.#gone || (from === 0 && this.#drain?.marker !== marker)) return;
    let written = 0;
    try {
      this.#terminal ??= readlinkSync(`/proc/${this.pid}/fd/${TERMINAL_FD}`);
      const terminal = openSync(this.#terminal, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
      try {
        written = writeSync(terminal, marker.slice(from));
      } finally {
        closeSync(terminal);
      }
    } catch (error) {
      // The terminal is full: it is being read, so there is room soon. A terminal that is gone ends the shell too.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
    const next = from + written;
    if (next < marker.length) setTimeout(() => this.#writeMarker(marker, next), 1);
  }

  #onOutput(text: string): void {
    if (this.#drain === undefined) return this.#emit(text);
    const seen = this.#carry + text;
    const { marker } = this.#drain;
    const at = seen.indexOf(marker);
    if (at === -1) {
      const safe = seen.length - beginningAtEnd(seen, marker);
      this.#carry = seen.slice(safe);
      return this.#emit(seen.slice(0, safe));
    }
    this.#carry = '';
    this.#emit(seen.slice(0, at));
    this.#endDrain();
    this.#emit(seen.slice(at + marker.length));
  }

  /** What the shell shows while it starts belongs to no command. */
  #emit(text: string): void {
    if (text !== '' && this.#ready === undefined) this.#listener.output(text);
  }

  #endDrain(): void {
    const drain = this.#drain;
    if (drain === undefined) return;
    clearTimeout(drain.timer);
    this.#drain = undefined;
    if (this.#holders.size > 0 && !this.#gone) this.#pty.pause();
    this.#emit(this.#carry);
    this.#carry = '';
    if (this.#ready === undefined) this.#listener.ended(drain.report);
    else this.#ready(true);
  }

  #onExit(exitCode: number): void {
    this.#gone = true;
    this.#commands.destroy();
    this.#reports.destroy();
    // A shell that reported before it ended has ended its command in time; one that is gone while it started never was there.
    if (this.#ready === undefined) this.#endDrain();
    else this.#ready(false);
    this.#listener.exited(exitCode);
  }
}

async function openChannels([commandPath, reportPath]: readonly [string, string]): Promise<Channels> {
  await exec('mkfifo', ['-m', '600', commandPath, reportPath]);
  const commands = openChannel(commandPath, 'write');
  try {
    return { commands, reports: openChannel(reportPath, 'read') };
  } catch (error) {
    commands.destroy();
    throw error;
  }
}

/** Opened for both directions: a pipe opened for one waits for the other end, or ends with it. */
function openChannel(path: string, direction: 'read' | 'write'): Socket {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  return new Socket({ fd, readable: direction === 'read', writable: direction === 'write' });
}
