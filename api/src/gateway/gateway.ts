import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import type { Logger } from '@sandfleet/server-kit';

import type { KeySets } from '../tokens/key-sets.ts';
import { Admission } from './access/admission.ts';
import { Authenticator } from './access/authenticator.ts';
import { FailureLimiter } from './access/failure-limiter.ts';
import { PodTokens } from './access/pod-tokens.ts';
import type { TicketBook } from './access/ticket-book.ts';
import { HttpCarrier, type CarrierOptions } from './carry/http-carrier.ts';
import { isWebSocket, serveWithoutUpgrade } from './carry/plain-upgrade.ts';
import { Reception } from './carry/reception.ts';
import { TunnelCarrier } from './carry/tunnel-carrier.ts';
import { answerClientError } from './client-error.ts';
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
  readonly metrics: GatewayMetrics;
  readonly log: Logger;
  /** For one line a request; `log` when left out. */
  readonly accessLog?: Logger;
  readonly pools?: Partial<UpstreamPoolsOptions>;
  readonly timing?: Partial<GatewayTiming>;
  readonly now?: () => Date;
}

const MAX_HEADER_BYTES = 32 * 1024;
const MAX_HEADERS = 200;
/** Longer than load balancers keep theirs (60 s), so that they are the ones to end an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const TCP_KEEP_ALIVE_MS = 30_000;

/** The server between clients and pods. */
export class Gateway {
  readonly pools: UpstreamPools;
  readonly #server: Server;
  readonly #tunnels: TunnelCarrier;
  #isDraining = false;

  constructor(options: GatewayOptions) {
    this.pools = new UpstreamPools({ ...DEFAULT_POOLS, ...options.pools });
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    const carrier = this.#carrierOptions(options, timing);
    const http = new HttpCarrier(carrier);
    this.#tunnels = new TunnelCarrier(carrier);
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timing.headersMs,
      // Bodies may take as long as they need; what is slow on purpose is held off by the limit on heads.
      requestTimeout: 0,
      connectionsCheckingInterval: timing.headersCheckMs,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      noDelay: true,
      // Refused by us, in our words.
      requireHostHeader: false,
    });
    server.maxHeadersCount = MAX_HEADERS;
    server.maxConnections = options.maxConnections;
    server.on('request', (request, response) => http.handle(request, response));
    server.on('checkContinue', (request, response) => http.handle(request, response, true));
    server.on('upgrade', (request, socket, first) => {
      // Node says Duplex for the sake of TLS; a plain server's connections are sockets.
      const client = socket as Socket;
      if (isWebSocket(request)) this.#tunnels.handle(request, client, first);
      else serveWithoutUpgrade(server, request, client, first);
    });
    server.on('clientError', answerClientError);
    server.on('drop', () => options.metrics.connectionRefused());
    this.#server = server;
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

  #carrierOptions(options: GatewayOptions, timing: GatewayTiming): CarrierOptions {
    const { hosts, keys, issuer, maxLifetimeSeconds, routes, tickets, metrics, log } = options;
    const now = options.now ?? (() => new Date());
    const authenticator = new Authenticator({ keys, issuer, maxLifetimeSeconds, now });
    const admission = new Admission({ hosts, routes, authenticator, tickets, failures: new FailureLimiter(), now });
    const requestId = createRequestIds();
    return {
      reception: new Reception({ hosts, admission, podTokens: new PodTokens(keys, now), metrics, requestId }),
      pools: this.pools,
      metrics,
      log,
      accessLog: options.accessLog ?? log,
      requestId,
      isRoutedTo: (id, pod) => routes.lookup(id)?.pod?.uid === pod.uid,
      isDraining: () => this.#isDraining,
      timing,
    };
  }
}
