import type { Frame, Page } from 'playwright-core';

import { eventually } from '../../support/cluster.ts';
import type { Place } from './place.ts';

type Colour = readonly [number, number, number];

/** A page that is one field to type in, so large that a click in the middle of the screen is a click into it. */
const FIELD =
  '<!doctype html><title>field</title><body style="margin:0"><textarea id="field" spellcheck="false" ' +
  'style="position:fixed;inset:0;width:100%;height:100%;border:0;font-size:40px;resize:none"></textarea>';

/** What the browser on the sandbox's screen shows, set and read from inside. */
export class Screen {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  async showField(): Promise<void> {
    await this.#place.call('/v1/browser/page/navigate', { url: `data:text/html,${encodeURIComponent(FIELD)}` });
  }

  async paint(colour: Colour): Promise<void> {
    await this.#evaluate(`document.querySelector('#field').style.background = 'rgb(${colour.join(',')})'`);
  }

  typed(): Promise<unknown> {
    return this.#evaluate(`document.querySelector('#field').value`);
  }

  /** Chromium takes clicks to a page on another way than keys: one that is typed at once comes before the click that it follows. */
  async isClicked(): Promise<void> {
    const expression = `document.hasFocus() && document.activeElement?.id === 'field'`;
    await eventually('the click is in the field', async () => (await this.#evaluate(expression)) === true || undefined, 280);
  }

  async becomes(text: string): Promise<void> {
    await eventually(`the field has ${text}`, async () => ((await this.typed()) === text ? true : undefined), 280);
  }

  #evaluate(expression: string): Promise<unknown> {
    return this.#place.call('/v1/browser/page/evaluate', { expression });
  }
}

/** Waits until a visitor sees this colour, as nearly as JPEG keeps one: off the middle, where the pointer is once it was clicked. */
export async function sees(page: Page | Frame, colour: Colour): Promise<void> {
  // Text, since it runs in the page: this program knows no document. The page's policy lets it run
  // nothing of the kind by itself, so the question is put again from here.
  const look = `(() => {
    const canvas = document.querySelector('#screen canvas');
    if (!canvas || canvas.width === 0) return [];
    const x = Math.floor(canvas.width * 3 / 4), y = Math.floor(canvas.height * 3 / 4);
    return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data];
  })()`;
  await eventually(
    `the picture has the colour ${colour.join(' ')}`,
    async () => {
      const pixel = await page.evaluate<readonly number[]>(look);
      return colour.every((value, index) => Math.abs(value - (pixel[index] ?? -255)) < 16) ? true : undefined;
    },
    280,
  );
}
