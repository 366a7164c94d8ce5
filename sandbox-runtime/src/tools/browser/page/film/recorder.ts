import type { PageRecording } from '@sandfleet/contract/runtime';
import type { Page } from 'playwright-core';

import type { Environment } from '../../../../config.ts';
import type { Service } from '../../../../services/service.ts';
import { prepareTarget } from '../../../file/draft.ts';
import { FileError, toFileError } from '../../../file/file-error.ts';
import { resolvePath, type Places } from '../../../file/workspace-path.ts';
import type { BrowserSession } from '../../browser-session.ts';
import { cdpOf } from '../cdp.ts';
import { PageError, toPageError } from '../page-error.ts';
import { screenshotOf } from '../screenshot.ts';
import { formOf } from './encoder-command.ts';
import { Encoder, makeDraft } from './encoder.ts';
import { Film } from './film.ts';

export interface FilmOrder {
  readonly path: string;
  readonly fps: number;
  readonly quality: number;
  /** After which it ends by itself. */
  readonly seconds: number;
}

/** What is filmed, and until when at most. */
interface Scene {
  readonly page: Page;
  readonly signal: AbortSignal;
}

interface Running {
  readonly order: FilmOrder;
  readonly film: Film;
  readonly size: { readonly width: number; readonly height: number };
  /** Ends it; the file is complete when `done` is. */
  stop(): void;
}

export interface StartOptions {
  readonly session: BrowserSession;
  readonly service: Service;
  readonly signal: AbortSignal;
}

const DEFAULT_FOLDER = '/tmp/recordings';
/** Chromium makes no larger images of a window either. */
const MAX_SIDE = 4096;

/** Films a page, one at a time. */
export class Recorder {
  readonly #places: Places;
  readonly #env: Environment;
  #isTaken = false;
  #running: Running | undefined;
  /** Of the film under way, or else the last one. */
  #done: Promise<PageRecording> | undefined;
  #last: PageRecording = { status: 'idle' };
  readonly #closing = new AbortController();

  constructor(places: Places, env: Environment) {
    this.#places = places;
    this.#env = env;
  }

  /** @throws PageError when it can't become a film */
  pathOf(savePath: string | undefined): string {
    const name = `page_${new Date()
      .toISOString()
      .replaceAll(/[-:]|\..*/g, '')
      .replace('T', '_')}_${Math.random().toString(36).slice(2, 6)}.mp4`;
    const path = resolvePath(savePath ?? `${DEFAULT_FOLDER}/${name}`, this.#places, 'record');
    formOf(path);
    return path;
  }

  status(): PageRecording {
    return this.#running === undefined ? this.#last : stateOf(this.#running);
  }

  /** Films for the whole of the order's time. */
  async once(scene: Scene, order: FilmOrder): Promise<PageRecording> {
    return this.#alone(() => this.#film(scene, order, () => {}));
  }

  /** Begins a film that goes on after the call; resolves when it runs. */
  start(order: FilmOrder, { session, service, signal }: StartOptions): Promise<PageRecording> {
    return new Promise((resolve, reject) => {
      const film = this.#alone(async () => {
        const page = await session.withPage(async ({ page }) => page, signal);
        // Else it would be stopped for idleness: the film is no call of its own.
        const lease = await service.lease(signal);
        try {
          const scene = { page, signal: AbortSignal.any([lease.ended, this.#closing.signal]) };
          return await this.#film(scene, order, () => resolve(this.status()));
        } finally {
          lease.release();
        }
      });
      film.catch(reject);
    });
  }

  pause(): PageRecording {
    this.#current().film.pause();
    return this.status();
  }

  resume(): PageRecording {
    this.#current().film.resume();
    return this.status();
  }

  async stop(): Promise<PageRecording> {
    this.#current().stop();
    return (await this.#done) ?? this.status();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the sandbox stops'));
    await this.#done?.catch(() => {});
  }

  async #alone(film: () => Promise<PageRecording>): Promise<PageRecording> {
    if (this.#isTaken) throw new PageError('A film is being made already: stop it first.');
    this.#isTaken = true;
    try {
      this.#done = film();
      return await this.#done;
    } finally {
      this.#isTaken = false;
      this.#running = undefined;
    }
  }

  #current(): Running {
    if (this.#running === undefined) throw new PageError('No film is being made: start one first.');
    return this.#running;
  }

  async #film({ page, signal }: Scene, order: FilmOrder, onStart: () => void): Promise<PageRecording> {
    let encoder: Encoder | undefined;
    try {
      const session = await cdpOf(page);
      const first = await screenshotOf(page, { fullPage: false, format: 'jpeg', quality: order.quality });
      const size = { width: even(first.width), height: even(first.height) };
      const draft = await this.#prepare(order.path);
      encoder = new Encoder({ path: order.path, draft }, { ...order, ...size }, this.#env);
      const film = new Film(session, encoder, { ...order, ...size, first: first.bytes });
      await film.start();
      await this.#untilEnd({ page, signal, encoder }, { order, film, size }, onStart);
      await film.stop();
      return (this.#last = { ...stateOf({ order, film, size }), status: 'finished', size: await encoder.finish() });
    } catch (error) {
      await encoder?.abandon();
      const shown = toPageError(error, page);
      if (shown instanceof Error) this.#last = { status: 'failed', path: order.path, error: shown.message };
      throw shown;
    }
  }

  /** Its time, or whoever ends it before: the caller, the tab, the encoder, the client that hung up. */
  async #untilEnd(
    { page, signal, encoder }: Scene & { readonly encoder: Encoder },
    parts: Omit<Running, 'stop'>,
    onStart: () => void,
  ): Promise<void> {
    let onClose = () => {};
    let onAbort = () => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        onClose = resolve;
        onAbort = () => reject(signal.reason as Error);
        page.once('close', onClose);
        void encoder.ended.then(onClose);
        signal.addEventListener('abort', onAbort, { once: true });
        const look = () => {
          const left = parts.order.seconds * 1000 - parts.film.milliseconds;
          if (left <= 0) resolve();
          else timer = setTimeout(look, Math.min(left, 1000));
        };
        this.#running = { ...parts, stop: resolve };
        onStart();
        if (signal.aborted) onAbort();
        look();
      });
    } finally {
      clearTimeout(timer);
      page.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #prepare(path: string): Promise<string> {
    try {
      await prepareTarget(path, 'record');
      return await makeDraft(path);
    } catch (error) {
      const shown = toFileError(error, path, 'record');
      throw shown instanceof FileError ? new PageError(shown.message, { cause: error }) : shown;
    }
  }
}

/** H.264 with colours of half the size has no odd sides. */
const even = (side: number): number => Math.max(2, Math.min(side, MAX_SIDE) - (side % 2));

const stateOf = ({ order, film, size }: Omit<Running, 'stop'>): PageRecording => ({
  status: film.isPaused ? 'paused' : 'recording',
  path: order.path,
  duration: Math.round(film.milliseconds) / 1000,
  fps: order.fps,
  frames: film.frames,
  ...size,
});
