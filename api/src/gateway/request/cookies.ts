import type { Surface } from '@sandfleet/contract/control-plane';

/** The cookies of a sandbox on a host of its own, over https. Browsers let no other host and no plain http set such names. */
const HOST_PREFIX = '__Host-sandfleet-';
const PREFIX = 'sandfleet-';
const UID_LENGTH = 12;
/** One for each surface and some previews. A page can pile up cookies under our names; no more than this many are looked at. */
const MAX_SESSIONS = 16;

export interface Cookies {
  /** Values of cookies that are ours, in the order in which they were sent. */
  readonly sessions: readonly string[];
  /** What goes on to the sandbox; undefined when nothing is left. */
  readonly rest: string | undefined;
}

export interface SessionCookie {
  readonly sandboxUid: string;
  /** What the ticket opened, and the port of a preview that is held to one: a page in another tab keeps its own cookie. */
  readonly surface: Surface;
  readonly port: number | undefined;
  readonly mode: 'path' | 'subdomain';
  readonly prefix: string;
  /** Path of the page that was opened, behind the prefix. */
  readonly page: string;
  /** Whether the sandboxes that share an origin in path mode trust each other. */
  readonly trustsPages: boolean;
  readonly secure: boolean;
  readonly value: string;
  readonly maxAgeSeconds: number;
}

export function isOurCookie(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith(PREFIX) || lower.startsWith('__host-sandfleet') || lower.startsWith('__secure-sandfleet');
}

/** Parts our session cookies from those of the sandbox. */
export function splitCookies(header: string | undefined): Cookies {
  if (header === undefined) return { sessions: [], rest: undefined };
  if (!/sandfleet/i.test(header)) return { sessions: [], rest: header };
  const sessions: string[] = [];
  const kept: string[] = [];
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (!isOurCookie((equals < 0 ? pair : pair.slice(0, equals)).trim())) {
      kept.push(pair);
      continue;
    }
    if (equals >= 0 && sessions.length < MAX_SESSIONS) sessions.push(pair.slice(equals + 1).trim());
  }
  const rest = kept.join(';').trim();
  return { sessions, rest: rest === '' ? undefined : rest };
}

/** The `Set-Cookie` value of a session. */
export function sessionCookie(cookie: SessionCookie): string {
  const { mode, trustsPages, secure, value, maxAgeSeconds } = cookie;
  // In path mode all sandboxes share an origin: a page of one must not send the cookie of another. Where they trust each other,
  // Lax lets a link on another site through: its redirect to the clean URL counts as coming from there as well.
  const sameSite = mode === 'path' && !trustsPages ? 'Strict' : 'Lax';
  return [
    `${nameOf(cookie)}=${value}`,
    `Path=${pathOf(cookie)}`,
    `Max-Age=${maxAgeSeconds}`,
    'HttpOnly',
    `SameSite=${sameSite}`,
    ...(secure ? ['Secure'] : []),
  ].join('; ');
}

function nameOf({ sandboxUid, surface, port, mode, secure }: SessionCookie): string {
  const opened = port === undefined ? surface : `${surface}-${port}`;
  if (secure && mode === 'subdomain') return `${HOST_PREFIX}${opened}`;
  return `${PREFIX}${sandboxUid.slice(0, UID_LENGTH)}-${opened}`;
}

/** A preview of one port asks for nothing elsewhere, and the cookies of many would make a head that is too long. */
function pathOf({ mode, prefix, page, port }: SessionCookie): string {
  const [preview = ''] = mode === 'path' && port !== undefined ? (/^\/(?:abs)?proxy\/\d+/.exec(page) ?? []) : [];
  return `${prefix}${preview}/`;
}
