import type { SessionClaims } from '../../tokens/ticket.ts';
import type { Target } from '../request/surface.ts';
import type { Visit } from '../visit.ts';

/**
 * Whether a browser opens a page, or an old one at least wants one: its URL is kept, shown and passed on, so the ticket goes
 * out of it. A program gets what it asked for at once.
 */
export function isPageVisit({ method, isUpgrade, headers }: Pick<Visit, 'method' | 'isUpgrade' | 'headers'>): boolean {
  if (isUpgrade || (method !== 'GET' && method !== 'HEAD')) return false;
  return headers.fetchMode === 'navigate' || /\btext\/html\b/i.test(headers.accept ?? '');
}

const HOME: ReadonlySet<string> = new Set(['/', '/index.html']);

/** The home page shows other surfaces in frames, so what may open them does. Any other page is held to its own. */
export function pageGrant(claims: SessionClaims, target: Target, path: string): SessionClaims {
  const { frames, ...rest } = claims;
  if (frames === undefined || (target.surface === 'rest' && HOME.has(path))) return claims;
  if (target.surface !== 'preview') return { ...rest, surface: target.surface };
  const port = claims.port ?? target.port;
  return { ...rest, surface: 'preview', ...(port === undefined ? {} : { port }) };
}
