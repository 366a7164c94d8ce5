import type { IncomingMessage, ServerResponse } from 'node:http';

import { closeWithConnection, type Logger } from '@sandfleet/server-kit';

import type { Lapse } from '../access/authenticator.ts';
import type { Permit } from '../access/permit.ts';
import type { TicketDesk } from '../access/ticket-desk.ts';
import type { GatewayMetrics } from '../metrics.ts';
import { problemAnswer } from '../response/problem.ts';
import type { PodRoute } from '../routing/route.ts';
import type { GatewayTiming } from '../timing.ts';
import { holdBody, sendBody } from '../upstream/request-body.ts';
import { UpstreamError } from '../upstream/upstream-error.ts';
import type { UpstreamPools } from '../upstream/upstream-pools.ts';
import { beginCall, endCall, refusalOf, type Call } from './call.ts';
import { HttpExchange } from './http-exchange.ts';
import { lapsed } from './lapsed.ts';
import { bodyOf, hasBody, headFor, type BodyKind, type Passage } from './passage.ts';
import { notReady, type Reception } from './reception.ts';
import { readTicketRequest, ticketAnswer } from './ticket-answer.ts';
import { UnderWay } from './under-way.ts';
import { upstreamProblem } from './upstream-problem.ts';

export interface CarrierOptions {
  readonly reception: Reception;
  readonly pools: UpstreamPools;
  readonly desk: Pick<TicketDesk, 'issue'>;
  readonly metrics: GatewayMetrics;
  readonly log: Logger;
  /** One line a request. */
  readonly accessLog: Logger;
  requestId(given: string | undefined): string;
  /** Whether the id still leads to this pod. */
  isRoutedTo(id: string, pod: PodRoute): boolean;
  isDraining(): boolean;
  /** Whether pages in path mode keep the origin that they share. */
  readonly trustsPages: boolean;
  readonly timing: Pick<GatewayTiming, 'unreadBodyMs' | 'halfClosedMs' | 'lastFrameMs'>;
}

interface Journey {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly call: Call;
  readonly expectsContinue: boolean;
  exchange: HttpExchange | undefined;
  bytesIn: number;
  /** What let it through, and its slot among those under way; undefined until then. */
  permit: Permit | undefined;
  slot: number | undefined;
  /** What becomes of it is known. */
  isDecided: boolean;
  /** Lets a body come that was held until then. */
  release: (() => void) | undefined;
}

/** Carries requests to pods and their answers back. */
export class HttpCarrier {
  readonly #options: CarrierOptions;
  readonly #open = new UnderWay<Journey>();

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse, expectsContinue = false): void {
    const call = beginCall(request, this.#options.requestId(undefined));
    const journey: Journey = {
      request,
      response,
      call,
      expectsContinue,
      exchange: undefined,
      bytesIn: 0,
      permit: undefined,
      slot: undefined,
      isDecided: false,
      release: undefined,
    };
    response.once('close', () => this.#end(journey));
    closeWithConnection(response, request.socket);
    const raw = {
      method: call.method,
      target: request.url ?? '',
      rawHeaders: request.rawHeaders,
      isUpgrade: false,
      clientAddress: clientAddressOf(request),
    };
    this.#options.reception.receive(raw, call, {
      pass: (passage, pod) => this.#pass(decided(journey), passage, pod),
      redirect: (status, location, cookie) => this.#redirect(decided(journey), status, location, cookie),
      issueTicket: (permit) =>
        void this.#issueTicket(decided(journey), permit).catch((error: unknown) => this.#refuse(journey, error)),
      refuse: (error) => this.#refuse(decided(journey), error),
    });
    if (!journey.isDecided) journey.release = holdBody(request);
  }

  /** Ends the requests under way whose credential does not hold any more: event streams and downloads may take hours. */
  endLapsed(lapseOf: (permit: Permit) => Lapse | undefined): void {
    for (const journey of this.#open) {
      const lapse = journey.permit && lapseOf(journey.permit);
      if (lapse === undefined) continue;
      journey.exchange?.cancel();
      this.#refuse(journey, lapsed(lapse));
    }
  }

  #pass(journey: Journey, passage: Passage, pod: PodRoute): void {
    if (journey.response.destroyed) return;
    journey.permit = passage.permit;
    journey.slot = this.#open.add(journey);
    const body = bodyOf(passage.visit);
    if (journey.expectsContinue && hasBody(body)) journey.response.writeContinue();
    this.#send(journey, passage, pod, body, false);
  }

  #send(journey: Journey, passage: Passage, pod: PodRoute, body: BodyKind, isRetry: boolean): void {
    const { request, response } = journey;
    const { address, headers } = passage.visit;
    // The token may have taken a moment, and a retry comes later too: the pod must still be the one with this address.
    if (!this.#options.isRoutedTo(address.id, pod)) return this.#refuse(journey, notReady('The pod of the sandbox is changing.'));
    let stopBody: (() => void) | undefined;
    const exchange = new HttpExchange({
      method: passage.visit.method,
      response,
      context: {
        prefix: address.prefix,
        host: headers.host,
        requestId: passage.requestId,
        trustsPages: this.#options.trustsPages,
      },
      isDraining: this.#options.isDraining,
      onOver: () => stopBody?.(),
      onFailure: (error) => {
        const again = error.isStale && !isRetry && !hasBody(body) && isIdempotent(passage.visit.method);
        if (again) return this.#send(journey, passage, pod, body, true);
        this.#options.metrics.upstreamFailed(error.reason);
        return this.#refuse(journey, upstreamProblem(error));
      },
    });
    journey.exchange = exchange;
    try {
      const connection = this.#options.pools
        .of(pod)
        .start(exchange, headFor(passage), { fresh: isRetry, hasBody: hasBody(body) });
      exchange.begin(connection);
      if (!hasBody(body)) return undefined;
      stopBody = sendBody(request, connection.socket, {
        isChunked: body.kind === 'chunked',
        onBytes: (count) => (journey.bytesIn += count),
        onSent: () => connection.bodySent(),
      });
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      this.#options.metrics.upstreamFailed(error.reason);
      this.#refuse(journey, upstreamProblem(error));
    }
    return undefined;
  }

  async #issueTicket({ request, response, call, expectsContinue }: Journey, permit: Permit): Promise<void> {
    if (expectsContinue) response.writeContinue();
    const wish = await readTicketRequest(request);
    const { headers, body } = ticketAnswer(await this.#options.desk.issue(permit, wish), call.requestId);
    if (response.destroyed) return;
    response.writeHead(200, this.#options.isDraining() ? [...headers, 'Connection', 'close'] : [...headers]).end(body);
  }

  #redirect({ response, call }: Journey, status: number, location: string, cookie: string | undefined): void {
    if (response.destroyed) return;
    const headers = ['Location', location, 'Cache-Control', 'no-store', 'Referrer-Policy', 'no-referrer', 'Content-Length', '0'];
    if (cookie !== undefined) headers.push('Set-Cookie', cookie);
    headers.push('X-Request-Id', call.requestId);
    response.writeHead(status, headers).end();
  }

  #refuse({ request, response, call }: Journey, error: unknown): void {
    const refusal = refusalOf(error, call, this.#options.log);
    if (response.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { status, headers, body } = problemAnswer(refusal, {
      path: call.path,
      requestId: call.requestId,
      accept: request.headers.accept,
    });
    response.writeHead(status, this.#options.isDraining() ? [...headers, 'Connection', 'close'] : [...headers]);
    response.end(body);
  }

  #end(journey: Journey): void {
    const { request, response, call, exchange, bytesIn, slot } = journey;
    if (slot !== undefined) this.#open.delete(slot);
    exchange?.abort();
    if (!request.complete) setTimeout(() => request.destroy(), this.#options.timing.unreadBodyMs).unref();
    // A client that went away before the answer began got no status; 499 is what proxies call that.
    const status = response.headersSent ? response.statusCode : 499;
    endCall(call, { status, bytesIn, bytesOut: exchange?.bytesOut ?? 0 }, this.#options.accessLog, this.#options.metrics);
  }
}

function decided(journey: Journey): Journey {
  journey.isDecided = true;
  journey.release?.();
  return journey;
}

/** Repeating one of these does no harm (RFC 9110 9.2.2). */
function isIdempotent(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'PUT' || method === 'DELETE';
}

export function clientAddressOf({ socket }: IncomingMessage): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
