import { setTimeout as delay } from 'node:timers/promises';

import type { ConsoleRecord, ShellStatus } from '@sandfleet/contract/runtime';

import type { Environment } from '../../config.ts';
import { BashProcess } from './bash-process.ts';
import { commandLines, type Ended } from './bash-line.ts';
import { Command } from './command.ts';
import { truncateMiddle } from './output-buffer.ts';
import { Audience, type Terminal, type Viewer } from './terminal.ts';

const HISTORY_LENGTH = 50;
/** Characters of one command's output that the history keeps. */
export const OUTPUT_LIMIT = 30_000;
const MAX_QUEUED = 100;
const INTERRUPT_GRACE_MS = 1000;
const TERMINATE_GRACE_MS = 2000;
const KILL_GRACE_MS = 2000;

export interface SessionOptions {
  readonly id: string;
  readonly directory: string;
  readonly env: Environment;
  readonly physical: boolean;
  readonly noChangeTimeoutSeconds: number | undefined;
}

export interface ExecOptions {
  /** An absolute directory that exists. */
  readonly directory?: string | undefined;
  readonly physical: boolean;
}

/** A shell that lasts: its directory and variables carry over from command to command, and its commands run in order. */
export class ShellSession implements Terminal {
  readonly kind = 'commands';
  readonly id: string;
  readonly createdAt = new Date();
  lastUsedAt = new Date();
  noChangeTimeoutSeconds: number | undefined;
  readonly #env: Environment;
  readonly #physical: boolean;
  readonly #history: ConsoleRecord[] = [];
  #directory: string;
  #bash: BashProcess | undefined;
  #starting: Promise<BashProcess> | undefined;
  /** Whoever has the output wait; a new shell is held for them as the last was. */
  readonly #holders = new Set<object>();
  #traced = false;
  /** Exit code of the last command, for the next one's `$?`. */
  #status = 0;
  #lastId = 0;
  #current: Command | undefined;
  #last: Command | undefined;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #replaced = false;
  readonly #audience = new Audience();
  #closed = false;

  constructor({ id, directory, env, physical, noChangeTimeoutSeconds }: SessionOptions) {
    this.id = id;
    this.#directory = directory;
    this.#env = env;
    this.#physical = physical;
    this.noChangeTimeoutSeconds = noChangeTimeoutSeconds;
  }

  get directory(): string {
    return this.#directory;
  }

  get current(): Command | undefined {
    return this.#current;
  }

  /** The running command, or else the last. */
  get shown(): Command | undefined {
    return this.#current ?? this.#last;
  }

  get isBusy(): boolean {
    return this.#queued > 0 || this.#starting !== undefined;
  }

  get isFull(): boolean {
    return this.#queued >= MAX_QUEUED;
  }

  get history(): readonly ConsoleRecord[] {
    return this.#history;
  }

  /** Starts the shell, so that its first command does not wait for it. */
  async open(): Promise<void> {
    await this.#shell();
  }

  /** Puts a command behind those that are under way. */
  exec(text: string, options: ExecOptions): Command {
    const command = new Command(text);
    this.lastUsedAt = new Date();
    this.#queued += 1;
    this.#queue = this.#queue
      .then(() => this.#run(command, options))
      .catch((error: unknown) => {
        command.append(`The shell could not be started: ${error instanceof Error ? error.message : String(error)}\n`);
        command.status = 'terminated';
        command.end(undefined);
      })
      .finally(() => {
        this.#queued -= 1;
      });
    return command;
  }

  input(text: string): boolean {
    this.lastUsedAt = new Date();
    if (this.#current === undefined || this.#bash === undefined) return false;
    this.#bash.input(text);
    return true;
  }

  /** Ends a command: as Ctrl-C at first, then by force, in the end together with its shell. */
  async stop(command: Command, status: ShellStatus): Promise<void> {
    this.lastUsedAt = new Date();
    if (this.#current !== command || this.#bash === undefined) return;
    const bash = this.#bash;
    command.status = status;
    bash.interrupt();
    if (await this.#endsWithin(command, INTERRUPT_GRACE_MS)) return;
    await bash.signalCommand('SIGTERM', command.beganAt ?? 0);
    bash.interrupt();
    if (await this.#endsWithin(command, TERMINATE_GRACE_MS)) return;
    await bash.signalCommand('SIGKILL', command.beganAt ?? 0);
    bash.interrupt();
    if (await this.#endsWithin(command, KILL_GRACE_MS)) return;
    await bash.kill();
    await command.ended;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#current !== undefined) this.#current.status = 'terminated';
    await this.#starting?.catch(() => undefined);
    await this.#bash?.hangUp();
    this.#audience.end();
  }

  /** Who looks sees the commands as if they had been typed at a prompt; there is none to type at between them. */
  attach(viewer: Viewer): string | undefined {
    if (this.#closed || !this.#audience.add(viewer)) return undefined;
    const current = this.#current;
    const now = current === undefined ? [] : [recordOf(current)];
    const shown = [...this.#history, ...now].map(({ ps1, command, output }) => `${ps1} ${command}\n${output}`).join('');
    return asShown(shown);
  }

  detach(viewer: Viewer): void {
    this.#audience.delete(viewer);
  }

  type(text: string): void {
    this.input(text);
  }

  get unread(): number {
    return this.#bash?.unread ?? 0;
  }

  async typed(): Promise<void> {
    await this.#bash?.typed();
  }

  /** The size stays what commands of API calls count on. */
  resize(): void {}

  hold(owner: object): void {
    this.#holders.add(owner);
    this.#bash?.hold(owner);
  }

  release(owner: object): void {
    this.#holders.delete(owner);
    this.#bash?.release(owner);
  }

  async #endsWithin(command: Command, milliseconds: number): Promise<boolean> {
    return Promise.race([command.ended.then(() => true), delay(milliseconds, false, { ref: false })]);
  }

  async #run(command: Command, { directory, physical }: ExecOptions): Promise<void> {
    const bash = this.#isWanted(command) ? await this.#shell() : undefined;
    // Both may have changed while a shell started.
    if (bash === undefined || !this.#isWanted(command)) {
      command.status = 'terminated';
      return command.end(undefined);
    }
    if (this.#replaced)
      command.hint = 'The shell of this session had ended; a new one runs, in the same directory and without its variables.';
    this.#replaced = false;
    this.#lastId += 1;
    command.begin(promptOf(this.#env, directory ?? this.#directory));
    this.#current = command;
    this.#audience.tell(asShown(`${command.prompt} ${command.text}\n`));
    const [traced, status] = [this.#traced, this.#status];
    bash.run(commandLines({ id: this.#lastId, command: command.text, directory, physical, traced, status }));
    await command.ended;
    this.#current = undefined;
    this.#last = command;
    this.lastUsedAt = new Date();
    this.#remember(command);
  }

  #isWanted(command: Command): boolean {
    return !this.#closed && !command.isAbandoned;
  }

  #remember(command: Command): void {
    this.#history.push(recordOf(command));
    if (this.#history.length > HISTORY_LENGTH) this.#history.shift();
  }

  async #shell(): Promise<BashProcess> {
    if (this.#bash !== undefined) return this.#bash;
    // One for all who ask: of two, one would be left over when the session closes.
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async #start(): Promise<BashProcess> {
    const bash = await BashProcess.start({
      directory: this.#directory,
      env: this.#env,
      listener: {
        // Between commands it is the background of the last one that writes.
        output: (text) => {
          this.shown?.append(text);
          this.#audience.tell(text);
        },
        ended: (report) => this.#onEnded(report),
        exited: (exitCode) => this.#onExited(exitCode),
      },
    });
    this.#bash = bash;
    for (const owner of this.#holders) bash.hold(owner);
    if (this.#closed) await bash.kill();
    return bash;
  }

  #onEnded({ id, exitCode, traced, directory }: Ended): void {
    if (id !== this.#lastId) return;
    this.#traced = traced;
    this.#status = exitCode;
    this.#directory = directory;
    this.#current?.end(exitCode);
  }

  #onExited(exitCode: number): void {
    this.#bash = undefined;
    this.#traced = false;
    this.#status = 0;
    this.#replaced = !this.#closed;
    // An interactive bash says so when it is told to exit; that is no output of the command.
    if (/\bexit\b/.test(this.#current?.text ?? '')) this.#current?.output.removeEnd(/exit\r?\n$/);
    this.#current?.end(exitCode);
  }

  /** Whether paths of links are resolved when a call does not say. */
  get physical(): boolean {
    return this.#physical;
  }
}

const recordOf = ({ prompt, text, output }: Command): ConsoleRecord => ({
  ps1: prompt,
  command: text,
  output: truncateMiddle(output.toString(), OUTPUT_LIMIT),
});

/** Newlines as a terminal needs them. */
const asShown = (text: string): string => text.replaceAll('\n', '\r\n');

function promptOf(env: Environment, directory: string): string {
  const home = env['HOME'] ?? '';
  const shown =
    home !== '' && (directory === home || directory.startsWith(`${home}/`)) ? `~${directory.slice(home.length)}` : directory;
  return `${env['USER'] ?? 'gem'}@${env['HOSTNAME'] ?? 'sandbox'}:${shown}$`;
}
