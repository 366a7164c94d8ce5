import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Environment } from '../../../../config.ts';
import { LAUNCH } from '../../../../process/bounded-process.ts';
import { killGroup } from '../../../../process/kill-group.ts';
import { PageError } from '../page-error.ts';
import { encoderCommand, type FilmForm } from './encoder-command.ts';

/** What the encoder gets to finish its file; it works as it goes, so little is left. */
const FINISH_MS = 20_000;
const MAX_WORDS = 2000;

/** A running encoder: images go in, and at the end the film is in its place. */
export class Encoder {
  readonly path: string;
  readonly #draft: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  #words = '';
  #exited = false;

  constructor(path: string, film: FilmForm, env: Environment) {
    this.path = path;
    this.#draft = join(dirname(path), `.${basename(path).slice(0, 60)}.${randomBytes(6).toString('hex')}.part`);
    const command = encoderCommand(path, this.#draft, film);
    const child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', LAUNCH, 'bash', ...command], {
      cwd: '/',
      env,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once('error', () => resolve(126));
      child.once('exit', (code) => resolve(code));
    });
    void this.#exit.then(() => (this.#exited = true));
    // It may be gone before it has taken everything.
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-MAX_WORDS);
    });
  }

  get hasEnded(): boolean {
    return this.#exited;
  }

  /** The encoder is behind: what is given now would pile up in memory. */
  get isBehind(): boolean {
    return this.#exited || this.#child.stdin === null || this.#child.stdin.writableNeedDrain;
  }

  write(image: Buffer): void {
    this.#child.stdin?.write(image);
  }

  /** Bytes of the film. @throws PageError when there is none */
  async finish(): Promise<number> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => killGroup(this.#child.pid), FINISH_MS);
    const code = await this.#exit;
    clearTimeout(timer);
    killGroup(this.#child.pid);
    if (code === 126 || code === 127) throw new PageError('This sandbox has no ffmpeg to make films with.');
    if (code !== 0) {
      await rm(this.#draft, { force: true });
      throw new PageError(`The film could not be made: ${this.#words.trim().split('\n').at(-1) || 'the encoder was ended'}`);
    }
    await rename(this.#draft, this.path);
    return (await stat(this.path)).size;
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    killGroup(this.#child.pid);
    await this.#exit;
    await rm(this.#draft, { force: true });
  }
}
