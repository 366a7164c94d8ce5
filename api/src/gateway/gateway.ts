import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Logger } from '@sandfleet/server-kit';

import type { KeySet } from '../tokens/key-set.ts';
import type { KeySets } from '../tokens/key-sets.ts';
import { Admission } from './access/admission.ts';
import { Authenticator } from './access/authenticator.ts';
import { FailureLimiter } from './access/failure-limiter.ts';
import { PodTokens } from './access/pod-tokens.ts';
import type { TicketBook } from './access/ticket-book.ts';
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
}

const KEYS_CHECK_MS = 1000;

/** The server between clients and pods. */
export class Gateway {
  readonly pools: UpstreamPools;
  readonly #keys: KeySets;
  readonly #authenticator: Authenticator;
  readonly #tunnels: TunnelCarrier;
  readonly #server: Server;
  readonly #keysTimer: NodeJS.Timeout;
  #keysSeen: KeySet | undefined;
  #isDraining = false;

  constructor(options: GatewayOptions) {
    const { keys, issuer, maxLifetimeSeconds, maxConnections, routes, metrics, log, accessLog = log } = options;
    const now = () => new Date();
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    const requestId = createRequestIds();
    this.pools = new UpstreamPools({ ...DEFAULT_POOLS, ...options.pools });
    this.#keys = keys;
    this.#authenticator = new Authenticator({ keys, issuer, maxLifetimeSeconds, now });
    const access = { ...options, authenticator: this.#authenticator, failures: new FailureLimiter(), now };
    const podTokens = new PodTokens(keys, now);
    const reception = new Reception({ ...options, admission: new Admission(access), podTokens, requestId });
    const carrier: CarrierOptions = {
      reception,
      pools: this.pools,
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
    this.#tunnels = tunnels;
    this.#server = createHttpServer({
      maxConnections,
      timing,
      onRequest: (request, response, expectsContinue) => http.handle(request, response, expectsContinue),
      onWebSocket: (request, socket, first) => tunnels.handle(request, socket, first),
      onDrop: () => metrics.connectionRefused(),
    });
    this.#keysTimer = setInterval(() => this.#checkKeys(), KEYS_CHECK_MS).unref();
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

  /** Takes no new connections, lets what is under way end, and ends the rest when `graceMs` are over. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#keysTimer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const timer = setTimeout(() => {
      this.#tunnels.closeAll();
      this.#server.closeAllConnections();
      this.pools.closeAll();
    }, graceMs);
    await closed;
    clearTimeout(timer);
    this.pools.closeAll();
  }

  /** Requests are checked one by one; a WebSocket stays open, so a key that is dropped must reach it. */
  #checkKeys(): void {
    if (!this.#keys.ready || this.#keys.sandboxTokens === this.#keysSeen) return;
    this.#keysSeen = this.#keys.sandboxTokens;
    this.#tunnels.closeUnless((permit) => this.#authenticator.isCurrent(permit));
  }
}
