import { ApiError } from '@sandfleet/contract';

import { sessionCookie } from '../request/cookies.ts';
import type { Hosts } from '../request/host.ts';
import { refuseOrigin } from '../request/origin.ts';
import type { RouteTable } from '../routing/route-table.ts';
import type { Route } from '../routing/route.ts';
import type { Visit } from '../visit.ts';
import type { Authenticator, TicketPermit } from './authenticator.ts';
import type { FailureLimiter } from './failure-limiter.ts';
import { isSafeMethod, refusalBy, requirePermission, requireToken, type Permit } from './permit.ts';
import { Refused } from './refused.ts';
import { isPageVisit, pageGrant } from './page-visit.ts';
import type { TicketBook } from './ticket-book.ts';
import { isTicketRequest } from './ticket-wish.ts';

/** A request that may pass. */
export interface Admitted {
  readonly permit: Permit;
  readonly route: Route;
}

/** A page opened with a ticket: its URL loses the ticket, and a cookie takes its place. */
export interface Redeemed {
  readonly permit: Permit;
  readonly redirect: string;
  readonly cookie: string;
}

export interface AdmissionOptions {
  readonly hosts: Hosts;
  readonly routes: Pick<RouteTable, 'lookup' | 'isGone' | 'knows'>;
  readonly authenticator: Authenticator;
  readonly tickets: Pick<TicketBook, 'redeem'>;
  readonly failures: FailureLimiter;
  readonly trustsPages: boolean;
  now(): Date;
}

/** A watch cache may be behind the control plane by this much. */
const WATCH_LAG_MS = 10_000;

/** Decides who may pass. Nothing about an id is told to a client without a valid credential. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** At once for a token that is known, which is nearly every request. @throws ApiError */
  admit(visit: Visit): Admitted | Promise<Admitted | Redeemed> {
    const { bearer } = visit.credentials;
    const known = bearer === undefined ? undefined : this.#options.authenticator.known(bearer);
    return known === undefined ? this.#admitAnew(visit) : this.#check(visit, known);
  }

  async #admitAnew(visit: Visit): Promise<Admitted | Redeemed> {
    const { failures, now } = this.#options;
    const { bearer, ticket, sessions } = visit.credentials;
    if (bearer === undefined && ticket === undefined && sessions.length === 0) throw noCredential();
    const wait = failures.waitSeconds(visit.clientAddress, now().getTime());
    if (wait > 0) {
      const message = 'Too many credentials from this address were not valid.';
      throw new Refused('TOO_MANY_REQUESTS', 'rate_limited', { message, retryAfterSeconds: wait });
    }
    try {
      return await this.#byCredential(visit);
    } catch (error) {
      if (error instanceof Refused && error.code === 'UNAUTHENTICATED') failures.fail(visit.clientAddress, now().getTime());
      throw error;
    }
  }

  async #byCredential(visit: Visit): Promise<Admitted | Redeemed> {
    const { bearer, ticket, sessions } = visit.credentials;
    if (bearer !== undefined) return this.#check(visit, await this.#options.authenticator.bearer(bearer));
    if (ticket === undefined) return this.#bySession(visit);
    try {
      return await this.#byTicket(visit, ticket);
    } catch (error) {
      // Pages reuse the ticket of their URL for their sockets; the cookie it was redeemed for stands in for it then.
      const isSpent = error instanceof Refused && error.code === 'UNAUTHENTICATED';
      if (!isSpent || sessions.length === 0) throw error;
      return this.#bySession(visit);
    }
  }

  async #bySession(visit: Visit): Promise<Admitted> {
    const uid = this.#options.routes.lookup(visit.address.id)?.sandbox.uid;
    const opens = (permit: Permit) => refusalBy(permit, visit.target, visit) === undefined;
    return this.#check(visit, await this.#options.authenticator.session(visit.credentials.sessions, uid, opens));
  }

  async #byTicket(visit: Visit, text: string): Promise<Admitted | Redeemed> {
    const ticket = await this.#options.authenticator.ticket(text);
    // A ticket that does not open this is not spent on it.
    const admitted = this.#check(visit, ticket.permit);
    if (!(await this.#options.tickets.redeem(ticket.jti))) {
      const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
      throw new Refused('UNAUTHENTICATED', 'ticket_used', {
        message: 'The ticket was used already; ask for a new one.',
        headers,
      });
    }
    if (isPageVisit(visit)) return this.#openSession(visit, ticket);
    // Its life was for being redeemed. What it opened goes on for as long as a page would.
    const expiresAt = this.#options.authenticator.sessionEnd(ticket.claims);
    return { ...admitted, permit: { ...admitted.permit, expiresAt } };
  }

  async #openSession({ address, target, credentials }: Visit, { permit, claims }: TicketPermit): Promise<Redeemed> {
    const { authenticator, hosts, trustsPages } = this.#options;
    const grant = pageGrant(claims, target, address.path);
    const { value, maxAgeSeconds } = await authenticator.openSession(grant);
    const { mode, prefix, path } = address;
    const { sandboxUid } = permit;
    const { surface, port } = grant;
    const cookie = sessionCookie({
      sandboxUid,
      surface,
      port,
      mode,
      prefix,
      page: path,
      trustsPages,
      secure: hosts.scheme === 'https',
      value,
      maxAgeSeconds,
    });
    return { permit, redirect: `${prefix}${path}${credentials.query}`, cookie };
  }

  #check(visit: Visit, permit: Permit): Admitted {
    const route = this.#ownRoute(visit.address.id, permit);
    if (isTicketRequest(visit)) requireToken(permit);
    else requirePermission(permit, visit.target, visit);
    const refusal = refuseOrigin(this.#options.hosts, visit.headers, {
      isUpgrade: visit.isUpgrade,
      byCookie: permit.kind === 'session',
      isSafeMethod: isSafeMethod(visit.method),
    });
    if (refusal !== undefined) throw new ApiError('ORIGIN_REFUSED', { message: refusal });
    return { permit, route };
  }

  /** The route of the id, if the permit is for the very sandbox that has the id now. */
  #ownRoute(id: string, permit: Permit): Route {
    const { routes, now } = this.#options;
    const route = routes.lookup(id);
    if (route?.sandbox.uid === permit.sandboxUid && !route.sandbox.isDeleting) return route;
    if (route?.sandbox.uid === permit.sandboxUid) throw gone('The sandbox is being deleted.');
    if (routes.isGone(permit.sandboxUid, id)) throw gone('The sandbox of this credential was deleted.');
    // The control plane saw a sandbox that this gateway has yet to hear of.
    const isNews = permit.sandboxName === id && !routes.knows(permit.sandboxUid);
    if (isNews && now().getTime() - permit.issuedAt < WATCH_LAG_MS)
      throw new ApiError('SANDBOX_NOT_READY', { message: 'The sandbox was made just now.', retryAfterSeconds: 1 });
    if (route === undefined) throw new ApiError('SANDBOX_NOT_FOUND', { message: 'There is no sandbox of this id.' });
    throw new ApiError('WRONG_SANDBOX', { message: 'The credential belongs to another sandbox.' });
  }
}

function noCredential(): Refused {
  const message = 'Send a sandbox token as "Authorization: Bearer", or open the URL with a ticket.';
  return new Refused('UNAUTHENTICATED', 'no_credential', {
    message,
    headers: { 'www-authenticate': 'Bearer realm="sandfleet"' },
  });
}

function gone(message: string): ApiError {
  return new ApiError('SANDBOX_GONE', { message });
}
