import type { CDPSession } from 'playwright-core';

import type { Encoder } from './encoder.ts';

/** Frames that a late timer makes up for at once. */
const MOST_AT_ONCE = 30;

interface Screencast {
  readonly fps: number;
  readonly quality: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The frames of a film on their way from a page to the encoder. A page sends an image when something has changed; the film has
 * one for each of its moments, so the last is repeated. Pauses are left out.
 */
export class Film {
  readonly #session: CDPSession;
  readonly #encoder: Encoder;
  readonly #shape: Screencast;
  #image: Buffer;
  #frames = 0;
  /** Milliseconds of film before the current stretch. */
  #before = 0;
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #acknowledged = 0;

  constructor(session: CDPSession, encoder: Encoder, { first, ...shape }: Screencast & { readonly first: Buffer }) {
    this.#session = session;
    this.#encoder = encoder;
    this.#shape = shape;
    this.#image = first;
  }

  get frames(): number {
    return this.#frames;
  }

  get milliseconds(): number {
    return this.#before + (this.#since === undefined ? 0 : performance.now() - this.#since);
  }

  get isPaused(): boolean {
    return this.#since === undefined;
  }

  async start(): Promise<void> {
    this.#session.on('Page.screencastFrame', this.#take);
    const { quality, width, height } = this.#shape;
    await this.#session.send('Page.startScreencast', { format: 'jpeg', quality, maxWidth: width, maxHeight: height });
    this.resume();
  }

  pause(): void {
    this.#before = this.milliseconds;
    this.#since = undefined;
    clearInterval(this.#timer);
  }

  resume(): void {
    if (!this.isPaused) return;
    this.#since = performance.now();
    this.#timer = setInterval(() => this.#feed(), 1000 / this.#shape.fps);
  }

  /** After this the encoder gets no more. */
  async stop(): Promise<void> {
    this.pause();
    this.#feed(true);
    this.#session.off('Page.screencastFrame', this.#take);
    // A page that is gone sends nothing anyway.
    await this.#session.send('Page.stopScreencast').catch(() => {});
  }

  readonly #take = ({ data, sessionId }: { readonly data: string; readonly sessionId: number }): void => {
    this.#image = Buffer.from(data, 'base64');
    // The page sends the next one after this: more than the film has would be work for nothing.
    const pause = Math.max(0, this.#acknowledged + 1000 / this.#shape.fps - performance.now());
    const next = () => {
      this.#acknowledged = performance.now();
      this.#session.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
    };
    setTimeout(next, pause).unref();
  };

  #feed(atEnd = false): void {
    const due = Math.max(1, Math.round((this.milliseconds / 1000) * this.#shape.fps));
    for (let given = 0; this.#frames < due && given < MOST_AT_ONCE; given += 1) {
      if (this.#encoder.isBehind && !atEnd) return;
      this.#encoder.write(this.#image);
      this.#frames += 1;
    }
  }
}
