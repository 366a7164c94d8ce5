import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Environment } from '../../../../config.ts';
import { startFedProcess, type FedProcess } from '../../../../process/fed-process.ts';
import { killGroup } from '../../../../process/kill-group.ts';
import { PageError } from '../page-error.ts';
import { encoderCommand, type FilmForm } from './encoder-command.ts';

/** What the encoder gets to finish its file; it works as it goes, so little is left. */
const FINISH_MS = 20_000;

/** Where the film is until it is whole. Made before the encoder starts, which sees only after some seconds that it can't write. */
export async function makeDraft(path: string): Promise<string> {
  const draft = join(dirname(path), `.${basename(path).slice(0, 60)}.${randomBytes(6).toString('hex')}.part`);
  await (await open(draft, 'wx', 0o644)).close();
  return draft;
}

/** A running encoder: images go in, and at the end the film is in its place. */
export class Encoder {
  readonly path: string;
  readonly #draft: string;
  readonly #process: FedProcess;
  #exited = false;

  constructor({ path, draft }: { readonly path: string; readonly draft: string }, film: FilmForm, env: Environment) {
    this.path = path;
    this.#draft = draft;
    const command = encoderCommand(path, draft, film);
    this.#process = startFedProcess(command, env);
    void this.#process.exit.then(() => (this.#exited = true));
  }

  /** Resolves when it is gone, whether it was told to finish or not. */
  get ended(): Promise<unknown> {
    return this.#process.exit;
  }

  /** The encoder is behind: what is given now would pile up in memory. */
  get isBehind(): boolean {
    return this.#exited || this.#process.child.stdin.writableNeedDrain;
  }

  write(image: Buffer): void {
    this.#process.child.stdin.write(image);
  }

  /** Bytes of the film. @throws PageError when there is none */
  async finish(): Promise<number> {
    this.#process.child.stdin.end();
    const timer = setTimeout(() => killGroup(this.#process.child.pid), FINISH_MS);
    const code = await this.#process.exit;
    clearTimeout(timer);
    killGroup(this.#process.child.pid);
    if (code === 126 || code === 127) throw new PageError('This sandbox has no ffmpeg to make films with.');
    if (code !== 0) {
      await rm(this.#draft, { force: true });
      throw new PageError(`The film could not be made: ${this.#process.words().split('\n').at(-1) || 'the encoder was ended'}`);
    }
    await rename(this.#draft, this.path);
    return (await stat(this.path)).size;
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    killGroup(this.#process.child.pid);
    await this.#process.exit;
    await rm(this.#draft, { force: true });
  }
}
