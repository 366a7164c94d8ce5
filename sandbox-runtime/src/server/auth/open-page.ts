import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Access } from '../access.ts';
import { unauthenticated } from './authenticator.ts';
import { credentialsOf } from './credentials.ts';
import type { PageSessions } from './page-sessions.ts';
import { carriesCredential, stripQuery } from './strip-credentials.ts';
import type { Target } from './target.ts';
import type { TicketBook, TicketGrant } from './tickets.ts';

export interface Opening {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly access: Access;
  readonly target: Target;
  readonly isUpgrade: boolean;
  readonly tickets: TicketBook;
  readonly sessions: PageSessions;
}

/**
 * Spends the ticket that a request came with. A person's browser that opened a page with a credential in its URL gets a cookie
 * in its place, and is sent to the URL without it: URLs are kept, shown and passed on.
 */
export function openPage({ request, reply, access, target, isUpgrade, tickets, sessions }: Opening): FastifyReply | undefined {
  const { ticket, isKeyInUrl } = credentialsOf(request.headers, request.url);
  if (access.kind === 'ticket' && !tickets.spend(ticket ?? '', isUpgrade ? 'socket' : 'page'))
    throw unauthenticated('The credential is not valid for this sandbox.');
  const isByUrl = access.kind === 'ticket' || (access.kind === 'key' && isKeyInUrl);
  if (!isByUrl || isUpgrade || request.is404 || !isNavigation(request)) return undefined;
  const cookie = sessions.open(grantFor(access, target, request), formOf(request));
  // The page hands the ticket of `path=websockify?ticket=…` to its socket, so it must stay where the page reads it.
  if (carriesCredential(stripQuery(request.url))) {
    void reply.header('set-cookie', cookie);
    return undefined;
  }
  return reply
    .code(303)
    .headers({ location: locationOf(request), 'set-cookie': cookie, 'cache-control': 'no-store' })
    .send();
}

const HOME: ReadonlySet<string> = new Set(['/', '/index.html']);

/** The home page shows all surfaces side by side, so what may open all of them does. Any other page is held to its own. */
function grantFor(access: Access, target: Target, request: FastifyRequest): TicketGrant {
  const { mode, subject, surface, port, endsAt } = access;
  const who = { mode, ...(subject === undefined ? {} : { subject }), ...(endsAt === undefined ? {} : { endsAt }) };
  if (surface === undefined && HOME.has(request.routeOptions.url ?? '')) return who;
  const held = port ?? (typeof target.port === 'number' ? target.port : undefined);
  return { ...who, surface: target.surface, ...(held === undefined ? {} : { port: held }) };
}

/** A browser says that it navigates; an old one at least that it wants a page. A program gets what it asked for at once. */
function isNavigation({ method, url, headers }: FastifyRequest): boolean {
  // The other form of a request target is for proxies: no browser sends it, and there is no way back to it.
  if (method !== 'GET' || !url.startsWith('/')) return false;
  const mode = headers['sec-fetch-mode'];
  return mode === undefined ? /\btext\/html\b/i.test(headers.accept ?? '') : mode === 'navigate';
}

function formOf({ headers }: FastifyRequest): { readonly prefix: string; readonly isSecure: boolean } {
  return { prefix: prefixOf(headers['x-forwarded-prefix']), isSecure: headers['x-forwarded-proto'] === 'https' };
}

/** What a proxy in front took off the path. */
function prefixOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^(?:\/[\w.~-]+)+$/.test(header) ? header : '';
}

/** The same path and query without the credential, and on this host: `//` and `/\` at the beginning would name another. */
function locationOf(request: FastifyRequest): string {
  const clean = stripQuery(request.url).replaceAll('\\', '%5C');
  return `${prefixOf(request.headers['x-forwarded-prefix'])}/${clean.replace(/^[^/?]*\/*/, '')}`;
}
