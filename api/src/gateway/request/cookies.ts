/** The cookie of a sandbox on a host of its own, over https. Browsers let no other host and no plain http set this name. */
export const HOST_COOKIE = '__Host-sandfleet';
const PREFIX = 'sandfleet-';
const UID_LENGTH = 12;
/** A page can pile up cookies under our names; no more than this many are ever looked at. */
const MAX_SESSIONS = 4;

export interface Cookies {
  /** Values of cookies that are ours, in the order in which they were sent. */
  readonly sessions: readonly string[];
  /** What goes on to the sandbox; undefined when nothing is left. */
  readonly rest: string | undefined;
}

export interface SessionCookie {
  readonly sandboxUid: string;
  readonly mode: 'path' | 'subdomain';
  readonly prefix: string;
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
export function sessionCookie({ sandboxUid, mode, prefix, trustsPages, secure, value, maxAgeSeconds }: SessionCookie): string {
  const isHostCookie = secure && mode === 'subdomain';
  const name = isHostCookie ? HOST_COOKIE : `${PREFIX}${sandboxUid.slice(0, UID_LENGTH)}`;
  // In path mode all sandboxes share an origin: a page of one must not send the cookie of another. Where they trust each other,
  // Lax lets a link on another site through: its redirect to the clean URL counts as coming from there as well.
  const sameSite = mode === 'path' && !trustsPages ? 'Strict' : 'Lax';
  return [
    `${name}=${value}`,
    `Path=${prefix}/`,
    `Max-Age=${maxAgeSeconds}`,
    'HttpOnly',
    `SameSite=${sameSite}`,
    ...(secure ? ['Secure'] : []),
  ].join('; ');
}
