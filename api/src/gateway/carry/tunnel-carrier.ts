import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { ApiError } from '@sandfleet/contract';
import { watchForEnd } from '@sandfleet/server-kit';

import type { Lapse } from '../access/authenticator.ts';
import type { Permit } from '../access/permit.ts';
import { problemAnswer } from '../response/problem.ts';
import type { PodRoute } from '../routing/route.ts';
import { UpstreamError } from '../upstream/upstream-error.ts';
import { beginCall, endCall, refusalOf, type Call } from './call.ts';
import { clientAddressOf, type CarrierOptions } from './http-carrier.ts';
import { CREDENTIAL_ENDED, GOING_AWAY, lapsed } from './lapsed.ts';
import { headFor, type Passage } from './passage.ts';
import { notReady } from './reception.ts';
import { TunnelExchange } from './tunnel-exchange.ts';
import { upstreamProblem } from './upstream-problem.ts';

interface Crossing {
  readonly socket: Socket;
  readonly call: Call;
  /** Undefined once the WebSocket is open: thousands of idle ones need not hold their requests. */
  opening: { readonly request: IncomingMessage; readonly first: Buffer; readonly stopWatching: () => void } | undefined;
  /** Made when the request turns out to get an ordinary answer. */
  response: ServerResponse | undefined;
  tunnel: TunnelExchange | undefined;
}

/** Carries WebSockets. */
export class TunnelCarrier {
  readonly #options: CarrierOptions;
  readonly #open = new Map<TunnelExchange, Permit>();

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  handle(request: IncomingMessage, socket: Socket, first: Buffer): void {
    const call = beginCall(request, this.#options.requestId(undefined));
    // A socket without this listener throws what happens to it.
    socket.on('error', () => socket.destroy());
    const opening = { request, first, stopWatching: watchForEnd(socket) };
    const crossing: Crossing = { socket, call, opening, response: undefined, tunnel: undefined };
    socket.once('close', () => this.#end(crossing));
    const raw = {
      method: call.method,
      target: request.url ?? '',
      rawHeaders: request.rawHeaders,
      isUpgrade: true,
      clientAddress: clientAddressOf(request),
    };
    this.#options.reception.receive(raw, call, {
      pass: (passage, pod) => this.#pass(crossing, passage, pod),
      redirect: (status, location) => this.#redirect(crossing, status, location),
      issueTicket: () => this.#refuse(crossing, new ApiError('BAD_REQUEST', { message: 'A WebSocket makes no ticket.' })),
      refuse: (error) => this.#refuse(crossing, error),
    });
  }

  /** Ends every WebSocket now. */
  closeAll(): void {
    for (const tunnel of this.#open.keys()) tunnel.close();
  }

  /** Ends every WebSocket behind the frame that is under way, and says why. */
  sayGoodbye(): void {
    for (const tunnel of this.#open.keys()) tunnel.end(GOING_AWAY, 'The gateway is stopping; connect again.');
  }

  /** Ends the WebSockets whose credential does not hold any more. */
  endLapsed(lapseOf: (permit: Permit) => Lapse | undefined): void {
    for (const [tunnel, permit] of this.#open) {
      const lapse = lapseOf(permit);
      if (lapse !== undefined) tunnel.end(CREDENTIAL_ENDED, lapsed(lapse).message);
    }
  }

  #pass(crossing: Crossing, passage: Passage, pod: PodRoute): void {
    const { socket, call } = crossing;
    const { address, headers } = passage.visit;
    if (socket.destroyed) return;
    if (!this.#options.isRoutedTo(address.id, pod))
      return this.#refuse(crossing, notReady('The pod of the sandbox is changing.'));
    let closed = () => {};
    const tunnel = new TunnelExchange({
      socket,
      takeFirst: () => takeFirst(crossing),
      context: {
        prefix: address.prefix,
        host: headers.host,
        requestId: passage.requestId,
        trustsPages: this.#options.trustsPages,
      },
      timing: this.#options.timing,
      respond: () => this.#respond(crossing),
      onOpen: () => (closed = this.#options.metrics.websocketOpened(call.surface)),
      onFailure: (error) => this.#fail(crossing, error),
      onOver: (tunnel) => {
        this.#open.delete(tunnel);
        closed();
      },
    });
    crossing.tunnel = tunnel;
    this.#open.set(tunnel, passage.permit);
    try {
      tunnel.begin(this.#options.pools.of(pod).start(tunnel, headFor(passage), { fresh: true, hasBody: false }));
    } catch (error) {
      this.#open.delete(tunnel);
      if (!(error instanceof UpstreamError)) throw error;
      this.#fail(crossing, error);
    }
    return undefined;
  }

  #fail(crossing: Crossing, error: UpstreamError): void {
    this.#options.metrics.upstreamFailed(error.reason);
    this.#refuse(crossing, upstreamProblem(error));
  }

  /** The request was taken off the server with its socket, so its answer is put together by hand; the connection ends with it. */
  #respond(crossing: Crossing): ServerResponse {
    if (crossing.response !== undefined) return crossing.response;
    if (crossing.opening === undefined) throw new Error('the WebSocket is open already');
    const response = new ServerResponse(crossing.opening.request);
    crossing.response = response;
    response.shouldKeepAlive = false;
    response.assignSocket(crossing.socket);
    response.once('finish', () => crossing.socket.destroySoon());
    return response;
  }

  #redirect(crossing: Crossing, status: number, location: string): void {
    this.#respond(crossing).writeHead(status, ['Location', location, 'Content-Length', '0', 'Connection', 'close']).end();
  }

  #refuse(crossing: Crossing, error: unknown): void {
    const { opening, socket, call } = crossing;
    const refusal = refusalOf(error, call, this.#options.log);
    if (socket.destroyed) return;
    const problem = { path: call.path, requestId: call.requestId, accept: opening?.request.headers.accept };
    const { status, headers, body } = problemAnswer(refusal, problem);
    this.#respond(crossing)
      .writeHead(status, [...headers, 'Connection', 'close'])
      .end(body);
  }

  #end({ call, tunnel, response }: Crossing): void {
    tunnel?.close();
    const status = response?.headersSent ? response.statusCode : tunnel?.status || 499;
    const { accessLog, metrics } = this.#options;
    endCall(call, { status, bytesIn: tunnel?.bytesIn ?? 0, bytesOut: tunnel?.bytesOut ?? 0 }, accessLog, metrics);
  }
}

function takeFirst(crossing: Crossing): Buffer {
  const first = crossing.opening?.first ?? Buffer.alloc(0);
  crossing.opening?.stopWatching();
  crossing.opening = undefined;
  return first;
}
