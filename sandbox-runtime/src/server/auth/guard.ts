import { ApiError } from '@sandfleet/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Config } from '../../config.ts';
import type { Access } from '../access.ts';
import { asksForWebSocket } from '../upgrade.ts';
import { addressOf, Authenticator } from './authenticator.ts';
import { credentialsOf, isAny } from './credentials.ts';
import { FailureLimiter } from './failure-limiter.ts';
import { InnerCalls } from './inner-calls.ts';
import { createTokenVerifier, type TokenVerifier } from './jwt.ts';
import { Lapses } from './lapses.ts';
import { cameLocally, isPlainLoopback } from './local.ts';
import { openPage } from './open-page.ts';
import { refuseOrigin } from './origin.ts';
import { PageSessions } from './page-sessions.ts';
import { isSafeMethod, requirePermission, type Action } from './permission.ts';
import { createKeyCheck } from './static-keys.ts';
import { targetOf, targetOfUri, type Target } from './target.ts';
import { TicketBook, type TicketGrant } from './tickets.ts';

const EVERYBODY: Access = { kind: 'none', mode: 'control' };
const NOBODY: Access = { kind: 'none', mode: 'view' };
const LOCAL: Access = { kind: 'local', mode: 'control' };

/**
 * Guards every route and every socket, also those that do not exist: what is not named open is closed. It comes before all else
 * that looks at a request.
 */
export function guard(app: FastifyInstance, config: Config): Guard {
  const door = new Guard(config);
  app.addHook('onRequest', (request, reply) => door.admit(request, reply));
  return door;
}

export class Guard {
  /** Whether anybody needs a credential. */
  readonly isOn: boolean;
  readonly #ticketSeconds: number;
  readonly #trustsLoopback: boolean;
  readonly #tickets: TicketBook;
  readonly #sessions: PageSessions;
  readonly #authenticator: Authenticator;
  readonly #inner = new InnerCalls();
  readonly #lapses = new Lapses();

  constructor(config: Config) {
    const keys = [config.SANDBOX_API_KEY, config.AUTH_TOKEN].filter((key) => key !== undefined);
    const tokens = verifierOf(config);
    this.isOn = tokens !== undefined || keys.length > 0;
    this.#ticketSeconds = config.TICKET_TTL_SECONDS;
    this.#trustsLoopback = config.LOOPBACK_ACCESS === 'trusted';
    const tickets = new TicketBook(config.MAX_TICKETS);
    const sessions = new PageSessions(config.PAGE_SESSION_SECONDS);
    const failures = new FailureLimiter();
    this.#tickets = tickets;
    this.#sessions = sessions;
    this.#authenticator = new Authenticator({ tokens, isKey: createKeyCheck(keys), tickets, sessions, failures });
  }

  /** A new ticket, and the seconds that it lives. @throws ApiError TOO_MANY_REQUESTS */
  issueTicket(grant: TicketGrant): { readonly ticket: string; readonly seconds: number } {
    return { ticket: this.#tickets.issue(grant, this.#ticketSeconds), seconds: this.#ticketSeconds };
  }

  /** Headers for one `app.inject` on behalf of a request that came in with `access`. */
  innerHeaders(access: Access | undefined): Readonly<Record<string, string>> {
    return this.#inner.headersFor(access ?? NOBODY);
  }

  /** What a proxy in front asks about the request that it has yet to pass on: what that would be let in with. @throws ApiError */
  async check(request: FastifyRequest, uri: string): Promise<Access> {
    if (cameLocally(request.raw)) return LOCAL;
    if (!this.isOn) return EVERYBODY;
    const credentials = credentialsOf(request.headers, uri);
    const access = await this.#authenticator.check({ credentials, address: addressOf(request) });
    // The method of that request the proxy doesn't tell, so it counts as the weakest.
    if (access.surface !== undefined) requirePermission(access, targetOfUri(uri), { method: 'GET', isUpgrade: false });
    return access;
  }

  /** @throws ApiError */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    // On the raw answer, so that answers which others write themselves have it too.
    reply.raw.setHeader('referrer-policy', 'no-referrer');
    const target = targetOf(request);
    if (isOpen(request, target)) {
      request.access = this.isOn ? NOBODY : EVERYBODY;
      return undefined;
    }
    const action = { method: request.method, isUpgrade: asksForWebSocket(request) };
    const lent = this.#inner.take(request);
    const access = lent ?? (await this.#accessOf(request, target, action));
    requirePermission(access, target, action);
    if (target.surface === 'preview' && target.port === 'invalid')
      throw new ApiError('BAD_REQUEST', { message: 'A preview needs one port from 1 to 65535, written plainly.' });
    const refusal = lent === undefined ? refuseOrigin(request.headers, access, { ...target, ...action }) : undefined;
    if (refusal !== undefined) throw new ApiError('ORIGIN_REFUSED', { message: refusal });
    const { isUpgrade } = action;
    this.#lapses.hold(request, reply, access, isUpgrade);
    request.access = access;
    return openPage({ request, reply, access, target, isUpgrade, tickets: this.#tickets, sessions: this.#sessions });
  }

  async #accessOf(request: FastifyRequest, target: Target, { isUpgrade }: Action): Promise<Access> {
    if (cameLocally(request.raw)) return LOCAL;
    if (!this.isOn) return EVERYBODY;
    const { headers, url } = request;
    const credentials = credentialsOf(headers, url);
    if (this.#trustsLoopback && !isAny(credentials) && isPlainLoopback(request.raw)) return LOCAL;
    const use = isUpgrade ? 'socket' : 'page';
    return this.#authenticator.authenticate({
      credentials,
      cookie: headers.cookie,
      address: addressOf(request),
      target,
      use,
    });
  }
}

function verifierOf(config: Config): TokenVerifier | undefined {
  const publicKey = config.JWT_PUBLIC_KEY ?? config.SANDBOX_JWT_PUBLIC_KEY;
  if (publicKey === undefined) return undefined;
  return createTokenVerifier({
    publicKey,
    audience: config.SANDFLEET_TOKEN_AUDIENCE,
    maxLifetimeSeconds: config.TOKEN_MAX_LIFETIME_SECONDS,
  });
}

/** Decided on the route that the router chose. A host name that leads to a port leads past that route. */
function isOpen({ method, routeOptions }: FastifyRequest, { surface, port }: Target): boolean {
  if (surface === 'preview' || port !== undefined) return false;
  return routeOptions.config.open === true && isSafeMethod(method);
}
