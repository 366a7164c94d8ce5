import { ApiError } from '@sandfleet/contract';

import type { Admission, Admitted, Redeemed } from '../access/admission.ts';
import type { Permit } from '../access/permit.ts';
import type { PodTokens } from '../access/pod-tokens.ts';
import { isTicketRequest } from '../access/ticket-wish.ts';
import type { GatewayMetrics } from '../metrics.ts';
import type { Redirect } from '../request/address.ts';
import type { Hosts } from '../request/host.ts';
import type { PodRoute } from '../routing/route.ts';
import { readVisit, type RawRequest, type Visit } from '../visit.ts';
import { countRefusal, type Call } from './call.ts';
import type { Passage } from './passage.ts';

export interface ReceptionOptions {
  readonly hosts: Hosts;
  readonly admission: Admission;
  readonly podTokens: PodTokens;
  readonly metrics: GatewayMetrics;
  requestId(given: string | undefined): string;
}

/** What becomes of a request. Exactly one of these is called, once. */
export interface Outcomes {
  pass(passage: Passage, pod: PodRoute): void;
  redirect(status: 303 | 308, location: string, cookie: string | undefined): void;
  /** The holder of the permit asks for a ticket. */
  issueTicket(permit: Permit): void;
  refuse(error: unknown): void;
}

/**
 * Reads a request, asks who it is from, and gets the token for its pod. A client whose token and pod are known passes in one
 * turn, with no promise in between.
 */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #scheme: 'http' | 'https';

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#scheme = options.hosts.scheme ?? 'http';
  }

  receive(raw: RawRequest, call: Call, outcomes: Outcomes): void {
    const refuse = (error: unknown) => {
      countRefusal(error, this.#options.metrics);
      outcomes.refuse(error);
    };
    try {
      const visit = readVisit(this.#options.hosts, raw);
      if ('redirect' in visit) return this.#straighten(visit, outcomes);
      if (visit.headers.requestId !== undefined) call.requestId = this.#options.requestId(visit.headers.requestId);
      call.sandbox = visit.address.id;
      call.surface = visit.target.surface;
      const admitted = this.#options.admission.admit(visit);
      if (!(admitted instanceof Promise)) return this.#welcome(visit, call, admitted, outcomes, refuse);
      void admitted.then((late) => this.#welcome(visit, call, late, outcomes, refuse)).catch(refuse);
    } catch (error) {
      refuse(error);
    }
    return undefined;
  }

  /** 308 keeps the method and the body. */
  #straighten({ redirect }: Redirect, outcomes: Outcomes): void {
    outcomes.redirect(308, redirect, undefined);
  }

  #welcome(visit: Visit, call: Call, admitted: Admitted | Redeemed, outcomes: Outcomes, refuse: (error: unknown) => void): void {
    this.#options.metrics.authDecided('allowed', admitted.permit.kind);
    if ('redirect' in admitted) return outcomes.redirect(303, admitted.redirect, admitted.cookie);
    const { permit, route } = admitted;
    if (isTicketRequest(visit)) return outcomes.issueTicket(permit);
    const { pod } = route;
    if (pod === undefined) throw notReady(route.reason);
    const pass = (podToken: string) =>
      outcomes.pass({ visit, permit, podToken, requestId: call.requestId, scheme: this.#scheme }, pod);
    const token = this.#options.podTokens.get(permit, pod, visit.target.surface);
    if (typeof token === 'string') return pass(token);
    void token.then(pass).catch(refuse);
    return undefined;
  }
}

export function notReady(reason: string): ApiError {
  return new ApiError('SANDBOX_NOT_READY', { message: reason, retryAfterSeconds: 1 });
}
