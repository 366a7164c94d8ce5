/** The head of an HTTP/1 answer. Header names and values are as sent; `body` says how the end of the body is found. */
export interface ResponseHead {
  readonly status: number;
  /** Name, value, name, value, … */
  readonly headers: readonly string[];
  readonly body: BodyFraming;
  /** The connection may carry another request after this answer. */
  readonly keepsAlive: boolean;
  /** Seconds that the server keeps an idle connection, where it says so. */
  readonly idleSeconds: number | undefined;
}

export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

/** An answer that can be read in more than one way, or not at all. It comes from a sandbox, so it may be meant to. */
export class ResponseSyntaxError extends Error {
  override readonly name = 'ResponseSyntaxError';
}

export const MAX_HEAD_BYTES = 64 * 1024;
const MAX_HEADERS = 256;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n]*)?$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const BAD_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;
const LENGTH = /^[0-9]{1,15}$/;

interface Seen {
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  connection: string;
  keepAlive: string;
}

/**
 * Parses the text before the empty line. `isBodiless` holds for answers to HEAD.
 *
 * @throws ResponseSyntaxError
 */
export function parseHead(text: string, isBodiless: boolean): ResponseHead {
  const lines = text.split('\r\n');
  const match = STATUS_LINE.exec(lines[0] ?? '');
  if (match === null) throw new ResponseSyntaxError('the status line is not one of HTTP/1');
  if (lines.length > MAX_HEADERS) throw new ResponseSyntaxError('there are too many headers');
  const status = Number(match[2]);
  const headers: string[] = [];
  const seen: Seen = { contentLength: undefined, transferEncoding: undefined, connection: '', keepAlive: '' };
  for (let i = 1; i < lines.length; i++) readLine(lines[i] ?? '', headers, seen);
  const body = framingOf(status, seen, isBodiless);
  const isPersistent = match[1] === '1' && body.kind !== 'close' && !/(?:^|[\s,])close(?:$|[\s,])/i.test(seen.connection);
  return { status, headers, body, keepsAlive: isPersistent, idleSeconds: idleSecondsOf(seen.keepAlive) };
}

function readLine(line: string, headers: string[], seen: Seen): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  // A line that begins with white space (obs-fold) has no name either.
  if (!NAME.test(name)) throw new ResponseSyntaxError('a header has no valid name');
  const value = line.slice(colon + 1).trim();
  if (BAD_VALUE.test(value)) throw new ResponseSyntaxError('a header has a control character');
  headers.push(name, value);
  switch (name.length) {
    case 10:
      if (name.toLowerCase() === 'connection') seen.connection += `,${value}`;
      else if (name.toLowerCase() === 'keep-alive') seen.keepAlive = value;
      return;
    case 14:
      if (name.toLowerCase() !== 'content-length') return;
      // The same length once more says nothing, and the client shall not see two.
      if (seen.contentLength !== undefined) headers.length -= 2;
      seen.contentLength = onlyLength(seen.contentLength, value);
      return;
    case 17:
      if (name.toLowerCase() === 'transfer-encoding') seen.transferEncoding = onlyChunked(seen.transferEncoding, value);
      return;
    default:
  }
}

function onlyLength(before: string | undefined, value: string): string {
  if (!LENGTH.test(value)) throw new ResponseSyntaxError('Content-Length is not a number');
  if (before !== undefined && before !== value) throw new ResponseSyntaxError('there are two different lengths');
  return value;
}

function onlyChunked(before: string | undefined, value: string): string {
  if (before !== undefined || value.toLowerCase() !== 'chunked')
    throw new ResponseSyntaxError('the transfer encoding is not chunked');
  return value;
}

function framingOf(status: number, { contentLength, transferEncoding }: Seen, isBodiless: boolean): BodyFraming {
  // RFC 9112 6.3: both at once is how answers are smuggled.
  if (contentLength !== undefined && transferEncoding !== undefined)
    throw new ResponseSyntaxError('there are both a length and a transfer encoding');
  if (isBodiless || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  if (transferEncoding !== undefined) return { kind: 'chunked' };
  if (contentLength === undefined) return { kind: 'close' };
  return contentLength === '0' ? { kind: 'none' } : { kind: 'length', length: Number(contentLength) };
}

function idleSecondsOf(keepAlive: string): number | undefined {
  const match = /(?:^|[\s,;])timeout=([0-9]{1,6})/i.exec(keepAlive);
  return match === null ? undefined : Number(match[1]);
}
