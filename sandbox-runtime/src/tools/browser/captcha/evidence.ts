import type { CaptchaType } from '@sandfleet/contract/runtime';

/** What a frame told about itself; a page that lies fools only its own visitor. */
export interface Sighting {
  readonly type: CaptchaType;
  readonly evidence: string;
  readonly sitekey?: string;
  readonly solved: boolean;
}

/**
 * Runs in each frame: what is seen of a challenge, and whether its answer is there already.
 *
 * The invisible reCAPTCHA (a badge in a corner) asks nobody anything until it opens its challenge frame, so the badge alone is
 * none. As text: what runs in the page is not compiled with what runs here.
 */
export const LOOK = `(() => {
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 10 && box.height > 10 && style.visibility !== 'hidden' && style.display !== 'none' && Number(style.opacity) > 0.01;
  };
  const found = [];
  const add = (type, evidence, sitekey, solved) => found.push({ type, evidence, sitekey: String(sitekey || '').slice(0, 200), solved: !!solved });
  const filled = (name) => [...document.querySelectorAll('[name="' + name + '"]')].some((field) => !!field.value);
  const kinds = [
    ['recaptcha', '.g-recaptcha:not([data-size="invisible"])', 'g-recaptcha-response'],
    ['hcaptcha', '.h-captcha:not([data-size="invisible"])', 'h-captcha-response'],
    ['turnstile', '.cf-turnstile', 'cf-turnstile-response'],
  ];
  for (const [type, selector, response] of kinds)
    for (const element of document.querySelectorAll(selector))
      if (seen(element)) add(type, selector.split(':')[0], element.dataset.sitekey, filled(response));
  const frames = [
    ['recaptcha', /^https?:\\/\\/[^/]*(?:google\\.com|recaptcha\\.net)\\/recaptcha\\/(?:api2|enterprise)\\/(anchor|bframe)/, 'g-recaptcha-response'],
    ['hcaptcha', /^https?:\\/\\/[^/]*hcaptcha\\.com\\/.*(checkbox|challenge|frame=)/, 'h-captcha-response'],
    ['turnstile', /^https?:\\/\\/challenges\\.cloudflare\\.com\\//, 'cf-turnstile-response'],
  ];
  for (const frame of document.querySelectorAll('iframe'))
    for (const [type, pattern, response] of frames)
      if (pattern.test(frame.src) && seen(frame) && !/[?&]size=invisible/.test(frame.src))
        add(type, 'iframe', (/[?&#](?:k|sitekey)=([^&]+)/.exec(frame.src) || [])[1], filled(response));
  if (/^(just a moment|attention required|un instant|einen moment)/i.test(document.title) &&
      document.querySelector('#challenge-form, #challenge-running, #challenge-stage, script[src*="challenge-platform"], [name="cf-turnstile-response"]'))
    add('turnstile', 'waiting page', '', false);
  const own = 'img[src*="captcha" i], img[alt*="captcha" i], canvas[id*="captcha" i], input[name*="captcha" i]:not([type="hidden"]), input[id*="captcha" i]:not([type="hidden"]), [class*="captcha" i] img, #captcha-form, form[action*="captcha" i]';
  for (const element of document.querySelectorAll(own))
    if (seen(element)) { add('generic', element.tagName.toLowerCase() + ' named captcha', '', element.tagName === 'INPUT' && !!element.value); break; }
  const words = /(?:verify (?:that )?you are (?:a )?human|are you a robot|i am not a robot|i'm not a robot|prove you(?:'re| are) (?:not a robot|human)|complete the (?:captcha|security check))/i;
  const text = document.body ? document.body.innerText.slice(0, 20000) : '';
  const said = words.exec(text);
  if (said && text.length < 5000) add('generic', 'the words "' + said[0] + '"', '', false);
  return found.slice(0, 20);
})()`;

const TYPES: readonly CaptchaType[] = ['recaptcha', 'hcaptcha', 'turnstile', 'generic'];

/** A frame may answer with anything. */
export function toSightings(value: unknown): readonly Sighting[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, 20).flatMap((item: Partial<Record<keyof Sighting, unknown>> | null): Sighting[] => {
    const type = TYPES.find((known) => known === item?.type);
    if (type === undefined) return [];
    const sitekey = typeof item?.sitekey === 'string' ? item.sitekey.slice(0, 200) : '';
    const evidence = String(item?.evidence).slice(0, 200);
    return [{ type, evidence, ...(sitekey === '' ? {} : { sitekey }), solved: item?.solved === true }];
  });
}

/**
 * Which of the sightings count: a widget with its answer there is solved, whatever else of it is still seen, and what a known kind
 * explains is no other kind.
 */
export function openOnes<T extends Sighting>(sightings: readonly T[]): readonly T[] {
  const solved = new Set(sightings.filter((one) => one.solved).map(({ type }) => type));
  const open = sightings.filter(({ type }) => !solved.has(type));
  const known = open.filter(({ type }) => type !== 'generic');
  if (known.length > 0) return known;
  // The words beside a widget that is solved are part of it.
  return solved.size > 0 ? [] : open;
}
