import { ApiError } from '@sandfleet/contract';

/** A request's headers, read once: what the gateway itself looks at, and what may go on to the sandbox. */
export interface RequestHeaders {
  readonly host: string;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly accept: string | undefined;
  readonly requestId: string | undefined;
  readonly upgrade: string | undefined;
  readonly contentLength: string | undefined;
  readonly isChunked: boolean;
  /** Name, value, name, value, … as sent. */
  readonly passed: readonly string[];
}

type Read = Exclude<keyof RequestHeaders, 'passed' | 'isChunked'> | 'transferEncoding' | 'connection';

const READ: ReadonlyMap<string, Read> = new Map([
  ['host', 'host'],
  ['authorization', 'authorization'],
  ['cookie', 'cookie'],
  ['origin', 'origin'],
  ['sec-fetch-site', 'fetchSite'],
  ['sec-fetch-mode', 'fetchMode'],
  ['accept', 'accept'],
  ['x-request-id', 'requestId'],
  ['upgrade', 'upgrade'],
  ['content-length', 'contentLength'],
  ['transfer-encoding', 'transferEncoding'],
  ['connection', 'connection'],
]);

/** Read by the gateway and of use to the sandbox too. */
const READ_AND_PASSED: ReadonlySet<string> = new Set(['origin', 'sec-fetch-site', 'sec-fetch-mode', 'accept']);

/** For the hop to us alone (RFC 9110 7.6.1), our own credentials, and what only a trusted proxy may say. */
const DROPPED: ReadonlySet<string> = new Set([
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'http2-settings',
  'expect',
  'x-api-key',
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-user',
  'x-remote-user',
  'remote-user',
  'x-original-uri',
  'x-original-url',
  'x-original-host',
  'x-rewrite-url',
]);
const DROPPED_PREFIXES = ['x-forwarded', 'x-sandbox-', 'x-sandfleet-', 'x-aio-', 'x-auth-request-', 'e2b-'];

/** Two of these would be read in two ways. */
const SINGLE: ReadonlySet<Read> = new Set(['host', 'authorization', 'origin', 'upgrade', 'contentLength', 'transferEncoding']);

const MAX_HEADERS = 200;

/**
 * Sorts the raw headers of a request (`IncomingMessage.rawHeaders`).
 *
 * @throws ApiError BAD_REQUEST
 */
export function readHeaders(raw: readonly string[]): RequestHeaders {
  // Node's parser stops keeping headers at this number; what it dropped might have mattered.
  if (raw.length >= 2 * MAX_HEADERS) throw badRequest(`The request has ${MAX_HEADERS} headers or more.`);
  const read: Partial<Record<Read, string>> = {};
  const passed: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const lower = name.toLowerCase();
    const known = READ.get(lower);
    if (known !== undefined) {
      note(read, known, lower, value);
      if (!READ_AND_PASSED.has(lower)) continue;
    } else if (isDropped(lower)) continue;
    passed.push(name, value);
  }
  return finish(read, passed);
}

function note(read: Partial<Record<Read, string>>, known: Read, name: string, value: string): void {
  const before = read[known];
  if (before === undefined) {
    read[known] = value;
    return;
  }
  if (SINGLE.has(known)) throw badRequest(`The header ${name} is there twice.`);
  read[known] = known === 'cookie' ? `${before}; ${value}` : `${before}, ${value}`;
}

/** Servers behind CGI-like interfaces read `_` as `-`, so a name is dropped in both spellings. */
function isDropped(name: string): boolean {
  const dashed = name.includes('_') ? name.replaceAll('_', '-') : name;
  if (DROPPED.has(dashed)) return true;
  const first = dashed.charCodeAt(0);
  // Names begin with x or e where a prefix can match: most are told apart by this alone.
  if (first === 0x78 || first === 0x65) return DROPPED_PREFIXES.some((prefix) => dashed.startsWith(prefix));
  return dashed !== name && READ.has(dashed);
}

function finish(read: Partial<Record<Read, string>>, passed: readonly string[]): RequestHeaders {
  const { connection, transferEncoding, host, ...rest } = read;
  if (host === undefined) throw badRequest('The request has no Host header.');
  if (transferEncoding !== undefined && transferEncoding.trim().toLowerCase() !== 'chunked')
    throw badRequest('The only transfer encoding that is taken is chunked.');
  return {
    authorization: rest.authorization,
    cookie: rest.cookie,
    origin: rest.origin,
    fetchSite: rest.fetchSite,
    fetchMode: rest.fetchMode,
    accept: rest.accept,
    requestId: rest.requestId,
    upgrade: rest.upgrade,
    contentLength: rest.contentLength,
    host,
    isChunked: transferEncoding !== undefined,
    passed: connection === undefined ? passed : withoutNamed(passed, connection),
  };
}

const HARMLESS_CONNECTION = /^\s*(?:keep-alive|close|upgrade)\s*$/i;

/** RFC 9110 7.6.1: a header that `Connection` names is for one hop. What the gateway adds comes later and can't be named away. */
function withoutNamed(passed: readonly string[], connection: string): readonly string[] {
  if (HARMLESS_CONNECTION.test(connection)) return passed;
  const named = new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
  return passed.filter((_, i) => !named.has((passed[i - (i % 2)] ?? '').toLowerCase()));
}

export function badRequest(message: string): ApiError {
  return new ApiError('BAD_REQUEST', { message });
}
