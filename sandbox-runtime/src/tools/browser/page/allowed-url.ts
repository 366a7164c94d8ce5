import { PageError } from './page-error.ts';

/** Pages of Chromium itself hide behind other names of about:. */
const ABOUT = new Set(['about:blank', 'about:srcdoc']);
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;
/** `localhost:3000` looks like a scheme and is a host with a port. */
const HOST_WITH_PORT = /^[^/?#@:\s]+:\d{1,5}(?:[/?#]|$)/;
const ON_THIS_MACHINE = /^(?:localhost|[^/?#:]+\.localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])(?:[:/?#]|$)/i;

/**
 * What the tab is to open, as the browser would read it.
 *
 * @throws PageError when it is no URL, or one of a scheme that is not allowed
 */
export function allowedUrl(text: string, schemes: readonly string[]): string {
  const url = parse(text.trim());
  const scheme = url.protocol.slice(0, -1);
  if (!schemes.includes(scheme))
    throw new PageError(`The scheme ${scheme}: can't be opened here; ${schemes.map((name) => `${name}:`).join(', ')} can.`);
  if (scheme === 'about' && !ABOUT.has(`about:${url.pathname}`))
    throw new PageError('Of about: only about:blank can be opened here.');
  return url.href;
}

function parse(text: string): URL {
  const whole = HAS_SCHEME.test(text) && !HOST_WITH_PORT.test(text) ? text : withScheme(text);
  // A URL as browsers read it: white space inside the scheme, which hides it from a plain look, is gone in this.
  if (whole === undefined || !URL.canParse(whole)) throw new PageError(`This is no URL: ${text.slice(0, 200)}`);
  return new URL(whole);
}

function withScheme(text: string): string | undefined {
  if (text.startsWith('//')) return `https:${text}`;
  if (text.startsWith('/')) return undefined;
  return `${ON_THIS_MACHINE.test(text) ? 'http' : 'https'}://${text}`;
}
