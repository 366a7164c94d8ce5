import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';

const tag = 'browser/captcha';
export const CAPTCHA_TYPES = ['recaptcha', 'hcaptcha', 'turnstile', 'generic'] as const;
export type CaptchaType = (typeof CAPTCHA_TYPES)[number];

export const CaptchaDetection = Type.Object({
  detected: Type.Boolean({ description: 'There is one, and it waits to be solved' }),
  type: Type.Union([Type.Enum([...CAPTCHA_TYPES]), Type.Null()]),
  sitekey: Type.Optional(Type.String()),
  url: Type.String({ description: 'Of the page' }),
  frame_url: Type.Optional(Type.String({ description: 'Of the frame that it was seen in' })),
  evidence: Type.Array(Type.String(), { description: 'What it was recognised by' }),
});
export type CaptchaDetection = Static<typeof CaptchaDetection>;

export const browserCaptchaContract = defineContract({
  browser_captcha_detect: {
    method: 'GET',
    path: '/v1/browser/captcha/detect',
    tag,
    summary: 'Look for a CAPTCHA on the active page',
    description:
      'reCAPTCHA, hCaptcha, Turnstile and the waiting pages before it, and others by their words; in frames too. One that is ' +
      'solved, and the invisible kind that asks nobody anything, does not count.',
    response: browserAnswer(CaptchaDetection),
    errors: BROWSER_ERRORS,
  },
  browser_captcha_wait: {
    method: 'POST',
    path: '/v1/browser/captcha/wait',
    tag,
    summary: 'Wait until there is no CAPTCHA to be solved',
    description: 'A person solves it at the screen meanwhile. Other calls are not held up.',
    body: Type.Object({
      timeout: Type.Optional(Type.Number({ minimum: 0, maximum: 3600, default: 60, description: 'Seconds' })),
      poll_interval: Type.Optional(
        Type.Number({ minimum: 0.1, maximum: 600, default: 2, description: 'Seconds between two looks' }),
      ),
    }),
    bodyOptional: true,
    response: browserAnswer(Type.Object({ resolved: Type.Boolean() })),
    errors: BROWSER_ERRORS,
  },
});
