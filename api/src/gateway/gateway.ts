import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Logger } from '@sandfleet/server-kit';

import type { KeySets } from '../tokens/key-sets.ts';
import { Admission } from './access/admission.ts';
import { Authenticator } from './access/authenticator.ts';
import { FailureLimiter } from './access/failure-limiter.ts';
import type { Permit } from './access/permit.ts';
import { PodTokens } from './access/pod-tokens.ts';
import type { TicketBook } from './access/ticket-book.ts';
import { TicketDesk } from './access/ticket-desk.ts';
import { HttpCarrier, type CarrierOptions } from './carry/http-carrier.ts';
import { Reception } from './carry/reception.ts';
import { TunnelCarrier } from './carry/tunnel-carrier.ts';
import { createHttpServer } from './http-server.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Hosts } from './request/host.ts';
import { createRequestIds } from './request/request-id.ts';
import type { RouteTable } from './routing/route-table.ts';
import { DEFAULT_TIMING, type GatewayTiming } from './timing.ts';
import { DEFAULT_POOLS, UpstreamPools, type UpstreamPoolsOptions } from './upstream/upstream-pools.ts';

export interface GatewayOptions {
  readonly hosts: Hosts;
  readonly keys: KeySets;
  readonly issuer: string;
  readonly maxLifetimeSeconds: number;
  /** Life of the tickets that are made here. */
  readonly ticketTtlSeconds: number;
  /** How long what a ticket opened stays open. */
  readonly sessionTtlSeconds: number;
  readonly maxConnections: number;
  readonly routes: RouteTable;
  readonly tickets: Pick<TicketBook, 'redeem'>;
  /** Whether pages in path mode keep the origin that all sandboxes share there: for one person, or one team that trusts itself. */
  readonly trustsPages: boolean;
  readonly metrics: GatewayMetrics;
  readonly log: Logger;
  /** For one line a request; `log` when left out. */
  readonly accessLog?: Logger;
  readonly pools?: Partial<UpstreamPoolsOptions>;
  readonly timing?: Partial<GatewayTiming>;
  /** The clock that credentials are held to; the machine's when left out. */
  readonly now?: () => Date;
}

/** The server between clients and pods. */
export class Gateway {
  readonly pools: UpstreamPools;
  readonly #requests: HttpCarrier;
  readonly #tunnels: TunnelCarrier;
  readonly #server: Server;
  readonly #lapseTimer: NodeJS.Timeout;
  readonly #farewellMs: number;
  #isDraining = false;

  constructor(options: GatewayOptions) {
    const {
      keys,
      issuer,
      maxLifetimeSeconds,
      sessionTtlSeconds,
      maxConnections,
      routes,
      metrics,
      log,
      accessLog = log,
    } = options;
    const { now = () => new Date() } = options;
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#farewellMs = timing.farewellMs;
    const requestId = createRequestIds();
    this.pools = new UpstreamPools({ ...DEFAULT_POOLS, ...options.pools });
    const authenticator = new Authenticator({ keys, issuer, maxLifetimeSeconds, sessionTtlSeconds, now });
    const access = { ...options, authenticator, failures: new FailureLimiter(), now };
    const podTokens = new PodTokens(keys, now);
    const desk = new TicketDesk({ keys, issuer, ticketTtlSeconds: options.ticketTtlSeconds, log, now });
    const reception = new Reception({ ...options, admission: new Admission(access), podTokens, requestId });
    const carrier: CarrierOptions = {
      reception,
      pools: this.pools,
      desk,
      metrics,
      log,
      accessLog,
      requestId,
      timing,
      trustsPages: options.trustsPages,
      isRoutedTo: (id, pod) => routes.lookup(id)?.pod?.uid === pod.uid,
      isDraining: () => this.#isDraining,
    };
    const http = new HttpCarrier(carrier);
    const tunnels = new TunnelCarrier(carrier);
    this.#requests = http;
    this.#tunnels = tunnels;
    this.#server = createHttpServer({
      maxConnections,
      timing,
      onRequest: (request, response, expectsContinue) => http.handle(request, response, expectsContinue),
      onWebSocket: (request, socket, first) => tunnels.handle(request, socket, first),
      onDrop: () => metrics.connectionRefused(),
    });
    this.#lapseTimer = setInterval(() => this.#endLapsed(authenticator), timing.lapseCheckMs).unref();
  }

  get websockets(): number {
    return this.#tunnels.size;
  }

  async listen(port: number, host: string): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: 1024 }, resolve);
    });
    // A listening TCP server's address is never a text or null.
    return this.#server.address() as AddressInfo;
  }

  /**
   * Takes no new connections, lets what is under way end, and ends the rest when `graceMs` are over: requests at once, WebSockets
   * where their clients can be told.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const farewell = setTimeout(() => {
      this.#tunnels.sayGoodbye();
      this.#server.closeAllConnections();
    }, graceMs);
    const end = setTimeout(() => this.#tunnels.closeAll(), graceMs + this.#farewellMs);
    await closed;
    // The server says that it is closed before the last of its sockets does.
    this.#tunnels.closeAll();
    clearTimeout(farewell);
    clearTimeout(end);
    clearInterval(this.#lapseTimer);
    this.pools.closeAll();
  }

  /** Requests are checked when they come; what stays open must not outlive its credential, nor the key that signed that. */
  #endLapsed(authenticator: Authenticator): void {
    const lapseOf = (permit: Permit) => authenticator.lapseOf(permit);
    this.#requests.endLapsed(lapseOf);
    this.#tunnels.endLapsed(lapseOf);
  }
}
