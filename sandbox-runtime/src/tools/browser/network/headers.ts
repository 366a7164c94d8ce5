import { ApiError, type FieldError } from '@sandfleet/contract';

const NAME = /^[!#$%&'*+.^_`|~\dA-Za-z-]{1,256}$/;
/** Visible text; a line break would begin a header of its own. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;
/** The browser's own: with one of them set every page would fail to load, or a request would end where none does. */
const REFUSED =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|proxy-connection|te|trailer|upgrade|expect|set-cookie|(?:proxy|sec)-.*)$/i;

/** @throws ApiError VALIDATION_FAILED that names the headers a request can't carry */
export function requireHeaders(headers: Readonly<Record<string, string>>): void {
  const fields = Object.entries(headers).flatMap(([name, value]): FieldError[] => {
    const message = faultOf(name, value);
    return message === undefined ? [] : [{ location: ['body', 'headers', name.slice(0, 256)], message, rule: 'header' }];
  });
  const [first] = fields;
  if (first !== undefined) throw new ApiError('VALIDATION_FAILED', { message: `headers: ${first.message}`, fields });
}

function faultOf(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'is no name of a header';
  if (REFUSED.test(name)) return 'is a header that only the browser itself can set';
  if (!VALUE.test(value)) return 'has a value with line breaks or characters that headers do not have';
  return undefined;
}

/** @throws ApiError VALIDATION_FAILED */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url.origin;
  const message = 'must be an origin: http:// or https://, a host, and perhaps a port';
  throw new ApiError('VALIDATION_FAILED', {
    message: `origin ${message}`,
    fields: [{ location: ['body', 'origin'], message, rule: 'origin' }],
  });
}
