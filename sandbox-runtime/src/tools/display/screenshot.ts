import type { FastifyReply } from 'fastify';

import type { Environment } from '../../config.ts';
import { Slots } from '../../process/slots.ts';
import type { Desktop } from './desktop.ts';
import { encodeJpeg } from './jpeg.ts';
import type { Picture } from './picture.ts';
import { encodePng } from './png.ts';

/** Pictures at once, and calls that wait for that: each holds some times four bytes a pixel. */
const AT_ONCE = 2;
const MAX_WAITING = 32;
const JPEG_QUALITY = 80;

export interface ScreenshotQuery {
  readonly format?: 'png' | 'jpg' | 'jpeg';
  readonly quality?: number;
}

export class Screenshots {
  readonly #desktop: Desktop;
  readonly #env: Environment;
  readonly #slots = new Slots(AT_ONCE, MAX_WAITING);

  constructor(desktop: Desktop, env: Environment) {
    this.#desktop = desktop;
    this.#env = env;
  }

  /** Answers with a picture of the screen. @throws DisplayError, ApiError */
  async send(reply: FastifyReply, query: ScreenshotQuery, signal: AbortSignal): Promise<void> {
    const isPng = (query.format ?? 'png') === 'png';
    const { width, height, bytes } = await this.#slots.run(signal, async () => {
      const picture = await this.#desktop.use(signal, (screen) => screen.picture());
      return { ...picture, bytes: await (isPng ? encodePng(picture) : this.#jpeg(picture, query.quality, signal)) };
    });
    void reply
      .type(isPng ? 'image/png' : 'image/jpeg')
      .headers({
        'x-screen-width': width,
        'x-screen-height': height,
        'x-image-width': width,
        'x-image-height': height,
        'cache-control': 'no-store',
      })
      .send(bytes);
  }

  #jpeg(picture: Picture, quality: number | undefined, signal: AbortSignal): Promise<Buffer> {
    return encodeJpeg(picture, quality ?? JPEG_QUALITY, { env: this.#env, signal });
  }
}
