import type { CaptchaDetection } from '@sandfleet/contract/runtime';
import type { Frame, Page } from 'playwright-core';

import { within } from '../session/until.ts';
import { LOOK, openOnes, toSightings } from './evidence.ts';

/** A frame that loads or hangs tells nothing; the others do. */
const LOOK_MS = 2000;
const MAX_FRAMES = 50;
const MAX_URL = 2048;

export async function detectCaptcha(page: Page): Promise<CaptchaDetection> {
  const frames = page.frames().slice(0, MAX_FRAMES);
  const sightings = (await Promise.all(frames.map(lookAt))).flat();
  const open = openOnes(sightings);
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

async function lookAt(frame: Frame) {
  const answer = await within(LOOK_MS, frame.evaluate<unknown>(LOOK), undefined);
  const frameUrl = frame.url().slice(0, MAX_URL);
  return toSightings(answer).map((sighting) => ({ ...sighting, frameUrl }));
}
