import { ApiError } from '@sandfleet/contract';

import { redactUrl, stripCookies } from '../../server/auth/strip-credentials.ts';
import type { Outside } from './outside.ts';

/** For the hop to us alone (RFC 9110 7.6.1), or only ours to say to whoever comes next. */
const DROPPED = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'content-length',
  'authorization',
  'x-api-key',
  'cookie',
  'referer',
  'forwarded',
  'via',
  'x-real-ip',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
]);
const DROPPED_PREFIXES = ['x-forwarded', 'x-aio-', 'x-sandfleet-', 'x-sandbox-'];
/** Two of these could be read in two ways. */
const SINGLE = new Set(['host', 'content-length', 'transfer-encoding', 'authorization', 'origin', 'upgrade']);
const MAX_HEADERS = 200;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

export interface RequestFacts {
  readonly method: string;
  /** `IncomingMessage.rawHeaders`. */
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  readonly outside: Outside;
  /** Names the program for itself; the caller's Host when left out. */
  readonly host?: string | undefined;
  /** What the path lost on the way, below the outside's own prefix. */
  readonly prefix: string;
  /** Whether `Authorization` is the caller's affair with the program rather than with us. */
  readonly passAuthorization: boolean;
  /** Further headers for the program, in lower case; undefined takes one away. */
  readonly set: Readonly<Record<string, string | undefined>>;
  readonly isUpgrade: boolean;
}

/**
 * The headers that a program inside gets: name, value, name, value, … Ours come last, so no `Connection` of the caller's can name
 * them away.
 *
 * @throws ApiError BAD_REQUEST for what could be read in more than one way
 */
export function requestHeaders(facts: RequestFacts): string[] {
  const { rawHeaders, outside, set } = facts;
  const read = readOnce(rawHeaders);
  const dropped = new Set((read.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const out: string[] = ['Host', facts.host ?? read.get('host') ?? outside.host];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const lower = name.toLowerCase();
    if (isDropped(lower) || dropped.has(lower) || Object.hasOwn(set, lower)) continue;
    out.push(name, rawHeaders[i + 1] ?? '');
  }
  addCallers(out, read, facts);
  addForwarded(out, read, facts);
  for (const [name, value] of Object.entries(set)) if (value !== undefined) out.push(name, value);
  addFraming(out, read, facts);
  return out;
}

/** Servers behind CGI-like interfaces read `_` as `-`, so a name is dropped in both spellings. */
function isDropped(name: string): boolean {
  const dashed = name.replaceAll('_', '-');
  return DROPPED.has(dashed) || DROPPED_PREFIXES.some((prefix) => dashed.startsWith(prefix));
}

/** Each header's value by its name in lower case, lists joined. */
function readOnce(raw: readonly string[]): ReadonlyMap<string, string> {
  if (raw.length >= 2 * MAX_HEADERS) throw refused(`The request has ${MAX_HEADERS} headers or more.`);
  const read = new Map<string, string>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = raw[i + 1] ?? '';
    if (CONTROL.test(value)) throw refused(`The header ${name} has a control character.`);
    const before = read.get(name);
    if (before !== undefined && SINGLE.has(name)) throw refused(`The header ${name} is there twice.`);
    read.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`);
  }
  const encoding = read.get('transfer-encoding');
  if (encoding !== undefined && (encoding.trim().toLowerCase() !== 'chunked' || read.has('content-length')))
    throw refused('A body is framed by Content-Length or by Transfer-Encoding: chunked.');
  return read;
}

function addCallers(out: string[], read: ReadonlyMap<string, string>, { passAuthorization, set }: RequestFacts): void {
  const authorization = read.get('authorization');
  if (passAuthorization && authorization !== undefined && !Object.hasOwn(set, 'authorization'))
    out.push('Authorization', authorization);
  const cookie = stripCookies(read.get('cookie'));
  if (cookie !== undefined && !Object.hasOwn(set, 'cookie')) out.push('Cookie', cookie);
  const referer = read.get('referer');
  if (referer !== undefined && redactUrl(referer) === referer) out.push('Referer', referer);
}

const ADDRESSES = /^[\da-f.:, [\]]{2,512}$/i;

function addForwarded(out: string[], read: ReadonlyMap<string, string>, facts: RequestFacts): void {
  const { outside, prefix, remoteAddress } = facts;
  const before = read.get('x-forwarded-for');
  out.push('X-Forwarded-For', before !== undefined && ADDRESSES.test(before) ? before : remoteAddress);
  out.push('X-Forwarded-Proto', outside.scheme, 'X-Forwarded-Host', outside.host);
  if (outside.prefix !== '' || prefix !== '') out.push('X-Forwarded-Prefix', `${outside.prefix}${prefix}`);
}

function addFraming(out: string[], read: ReadonlyMap<string, string>, { method, isUpgrade }: RequestFacts): void {
  if (isUpgrade) return void out.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
  const length = read.get('content-length');
  if (read.has('transfer-encoding')) out.push('Transfer-Encoding', 'chunked');
  else if (length !== undefined) out.push('Content-Length', length);
  // Without either, node:http would announce a body in chunks where there is none.
  else if (!['GET', 'HEAD', 'OPTIONS', 'DELETE'].includes(method)) out.push('Content-Length', '0');
}

function refused(message: string): ApiError {
  return new ApiError('BAD_REQUEST', { message });
}
