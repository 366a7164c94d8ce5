import type { IncomingMessage } from 'node:http';

/** Of one connection alone (RFC 9110, 7.6.1), and what this proxy says itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);
/** Ours to say in a request: what the parser made of the framing, the host that was asked for, and 100 Continue, said already. */
const OWN_IN_REQUESTS = new Set(['host', 'content-length', 'expect']);

/** Each costs far more than the bytes of its name. */
const MAX_HEADERS = 512;
/** For `maxHeadersCount`, above which Node drops headers without a word: one more than may be, so that it is noticed. */
export const COUNTED_HEADERS = MAX_HEADERS + 1;

export const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage): boolean => rawHeaders.length > 2 * MAX_HEADERS;

export interface RequestHeaderOptions {
  readonly authority: string;
  /** For an upstream proxy, and for nobody else. */
  readonly authorization: string | undefined;
}

/**
 * Headers of the request that goes out. The host is the one of the request's target, whatever Host said (RFC 9112, 3.2.2); the
 * body is framed anew from what was parsed, so two readings of it are not possible; ours come after those that were to go.
 */
export function requestHeaders(request: IncomingMessage, { authority, authorization }: RequestHeaderOptions): string[] {
  return [
    'Host',
    authority,
    ...without(request, OWN_IN_REQUESTS),
    ...framing(request),
    ...(authorization === undefined ? [] : ['Proxy-Authorization', authorization]),
  ];
}

/** Methods that say by leaving out both headers that they have no body. */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

function framing({
  method = '',
  headers: { 'transfer-encoding': encoding, 'content-length': length },
}: IncomingMessage): string[] {
  if (encoding !== undefined) return ['Transfer-Encoding', 'chunked'];
  if (length !== undefined) return ['Content-Length', length];
  return BODILESS.has(method) ? [] : ['Content-Length', '0'];
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/** Headers of the answer that goes back. */
export const answerHeaders = (answer: IncomingMessage): string[] => without(answer, new Set());

function without(message: IncomingMessage, ours: ReadonlySet<string>): string[] {
  const named = (message.headers.connection ?? '').toLowerCase().split(',');
  const dropped = new Set([...HOP_BY_HOP, ...ours, ...named.map((name) => name.trim())]);
  // The framing of an answer is not the client's to strip: `Connection: content-length` would make it another answer.
  if (ours.size === 0) dropped.delete('content-length');
  const { rawHeaders: raw } = message;
  return raw.flatMap((name, at) => (at % 2 === 1 || dropped.has(name.toLowerCase()) ? [] : [name, raw[at + 1] ?? '']));
}
