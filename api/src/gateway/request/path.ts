import { ApiError } from '@sandfleet/contract';

/** Nothing in here can be read in two ways: no escape, no parameter, no empty segment, no dot at a segment's start. */
const PLAIN = /^\/(?:(?!\.)[A-Za-z0-9\-._~!$&'()*+,=:@]+(?:\/(?!\.)[A-Za-z0-9\-._~!$&'()*+,=:@]+)*\/?)?$/;
const VISIBLE = /^[\x21-\x7e]+$/;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\x00-\x1f\x7f\\]/;
const MAX_DECODINGS = 3;

/**
 * The path as the most generous server could read it: escapes undone, also doubled ones, parameters cut off, empty segments
 * joined. Who may pass is decided on this and on the path as it was sent; both have to agree, since the bytes that go on are
 * the ones that were sent.
 *
 * @throws ApiError BAD_PATH for a path that climbs, hides something, or is broken.
 */
export function canonicalPath(path: string): string {
  if (PLAIN.test(path)) return path;
  if (!path.startsWith('/')) throw badPath('The request target must be a path.');
  if (!VISIBLE.test(path) || path.includes('#')) throw badPath('The path has a character that must be escaped.');
  let text = path;
  for (let decodings = 0; ; decodings++) {
    refuseTricks(text);
    const decoded = decode(text, decodings);
    if (decoded === text) break;
    if (decodings === MAX_DECODINGS) throw badPath('The path is escaped too many times.');
    text = decoded;
  }
  return text.replaceAll(/;[^/]*/g, '').replaceAll(/\/{2,}/g, '/');
}

function refuseTricks(text: string): void {
  if (text.startsWith('//')) throw badPath('The path begins with two slashes; send one.');
  if (FORBIDDEN.test(text)) throw badPath('The path has a control character or a backslash, plain or escaped.');
  for (const segment of text.split('/')) {
    const name = segment.split(';', 1)[0];
    if (name === '.' || name === '..') throw badPath('The path has a "." or ".." segment, plain or escaped.');
  }
}

/** A path that was decoded once may hold a percent sign of its own: what then is no escape is text. */
function decode(text: string, decodings: number): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    if (decodings > 0) return text;
    throw badPath('The path has an escape that is not UTF-8.');
  }
}

export function badPath(message: string): ApiError {
  return new ApiError('BAD_PATH', { message });
}
