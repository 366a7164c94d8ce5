import type { CaptchaDetection } from '@sandfleet/contract/runtime';
import type { Frame, Page } from 'playwright-core';

import { BrowserFailure } from '../session/browser-failure.ts';
import { within } from '../session/until.ts';
import { LOOK, openOnes, toSightings, type Sighting } from './evidence.ts';

/** A frame that loads or hangs tells nothing; the others do. */
const LOOK_MS = 2000;
const MAX_FRAMES = 50;
const MAX_URL = 2048;

/** The page itself says nothing: it works hard, as challenges make pages do, or is between two documents. */
export class SilentPage extends BrowserFailure {}

/** @throws SilentPage: that nothing is seen then does not mean that nothing is there */
export async function detectCaptcha(page: Page): Promise<CaptchaDetection> {
  const frames = page.frames().slice(0, MAX_FRAMES);
  const looks = await Promise.all(frames.map(lookAt));
  if (looks[0] === undefined) throw new SilentPage('The page does not say what is on it.');
  const open = openOnes(looks.flatMap((sightings) => sightings ?? []));
  const [first] = open;
  const sitekey = open.find((one) => one.sitekey !== undefined)?.sitekey;
  return {
    detected: first !== undefined,
    type: first?.type ?? null,
    url: page.url().slice(0, MAX_URL),
    ...(sitekey === undefined ? {} : { sitekey }),
    ...(first === undefined ? {} : { frame_url: first.frameUrl }),
    evidence: [...new Set(open.map(({ type, evidence }) => `${type}: ${evidence}`))],
  };
}

async function lookAt(frame: Frame): Promise<readonly (Sighting & { readonly frameUrl: string })[] | undefined> {
  const answer = await within(LOOK_MS, frame.evaluate<unknown>(LOOK), undefined);
  if (answer === undefined) return undefined;
  const frameUrl = frame.url().slice(0, MAX_URL);
  return toSightings(answer).map((sighting) => ({ ...sighting, frameUrl }));
}
