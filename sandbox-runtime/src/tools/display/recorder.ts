import { constants } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { DisplayRecordResult } from '@sandfleet/contract/runtime';

import type { Environment } from '../../config.ts';
import { makeFolders } from '../../make-folders.ts';
import type { Lease } from '../../services/service.ts';
import { DisplayError } from './display-error.ts';
import { FilmProcess } from './film-process.ts';
import { filmCommand, type Film } from './film.ts';

/** What the program gets until its first frame is on the disk. */
const START_MS = 20_000;
const LOOK_MS = 50;

interface Recording {
  readonly path: string;
  begun: number;
  readonly process: FilmProcess;
  ended?: number;
}

/** Films the screen, one film at a time. */
export class Recorder {
  readonly #env: Environment;
  #recording: Recording | undefined;
  #process: FilmProcess | undefined;
  #isStarting = false;

  constructor(env: Environment) {
    this.#env = env;
  }

  get isRecording(): boolean {
    return this.#isStarting || (this.#recording !== undefined && this.#recording.ended === undefined);
  }

  /**
   * Begins a film, and resolves once the first frame is in it. The lease is given back when it ends, however it does.
   *
   * @throws DisplayError, and then the lease has been given back
   */
  async start(film: Film, lease: Lease): Promise<void> {
    if (this.isRecording) {
      lease.release();
      throw new DisplayError(`A recording runs already, to ${this.#recording?.path ?? 'another file'}: stop it first.`);
    }
    this.#isStarting = true;
    try {
      await makeFile(film.path);
      const recording: Recording = { path: film.path, begun: Date.now(), process: new FilmProcess(filmCommand(film), this.#env) };
      this.#process = recording.process;
      void recording.process.ended.then(() => {
        recording.ended = Date.now();
        lease.release();
      });
      await firstFrame(recording);
      recording.begun = Date.now();
      this.#recording = recording;
    } catch (error) {
      lease.release();
      throw error;
    } finally {
      this.#isStarting = false;
    }
  }

  /** Ends the film that runs. @throws DisplayError when there is none */
  async stop(): Promise<void> {
    const recording = this.#recording;
    if (recording === undefined) throw new DisplayError('Nothing was recorded: start a recording first.');
    await recording.process.stop();
  }

  async status(): Promise<DisplayRecordResult> {
    const recording = this.#recording;
    if (recording === undefined) return { status: 'idle', duration: 0 };
    const { path, begun, ended } = recording;
    const size = await sizeOf(path);
    return {
      status: ended === undefined ? 'recording' : 'stopped',
      save_path: path,
      duration: Math.round(((ended ?? Date.now()) - begun) / 10) / 100,
      ...(size === undefined ? {} : { file_size_bytes: size }),
    };
  }

  async close(): Promise<void> {
    if (this.isRecording) await this.#process?.stop();
  }
}

const sizeOf = async (path: string): Promise<number | undefined> => (await stat(path).catch(() => undefined))?.size;

/** A path that can't be written is told by its own error rather than by the words of ffmpeg; what is no file is left alone. */
async function makeFile(path: string): Promise<void> {
  try {
    await makeFolders(dirname(path));
    // Without waiting, since nobody may read what is a pipe; without truncation, since it may not be a file at all.
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK, 0o644);
    try {
      if (!(await file.stat()).isFile()) throw new DisplayError(`${path} is not a file.`);
      await file.truncate();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DisplayError) throw error;
    throw new DisplayError(
      `The recording can't be written to ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`,
    );
  }
}

async function firstFrame({ path, process, begun }: Recording): Promise<void> {
  let isOver = false;
  void process.ended.then(() => (isOver = true));
  // The head of the file is written when the first frame is there.
  while (((await sizeOf(path)) ?? 0) === 0) {
    if (isOver || Date.now() - begun > START_MS) {
      await process.stop();
      await rm(path, { force: true });
      throw new DisplayError(`The screen could not be recorded: ${process.words || 'ffmpeg did not begin'}`);
    }
    await delay(LOOK_MS);
  }
}
