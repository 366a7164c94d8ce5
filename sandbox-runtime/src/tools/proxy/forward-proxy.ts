import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import type { Endpoint } from './authority.ts';
import type { DnsOverHttps } from './dns-over-https.ts';
import { forward } from './forward.ts';
import { COUNTED_HEADERS } from './headers.ts';
import { Outbound, type OutboundLimits } from './outbound.ts';
import { Resolver } from './resolver.ts';
import type { ProxyRules } from './rules.ts';
import { tunnel } from './tunnel.ts';

export interface ForwardProxyOptions {
  /** 0 is any that is free. */
  readonly port: number;
  readonly rules: ProxyRules;
  readonly limits: OutboundLimits;
  /** Ports of other services of the sandbox. */
  readonly isOwnPort: (port: number) => boolean;
  /** Asked for names before the system is. */
  readonly dnsOverHttps?: DnsOverHttps | undefined;
}

const LOOPBACK = '127.0.0.1';
const HEADERS_MS = 15_000;
const KEEP_ALIVE_MS = 75_000;

/**
 * The HTTP proxy of the sandbox, for whoever is inside: it listens on the loopback device alone, from the first `start` on.
 *
 * What it carries is told to nobody: URLs and headers of others hold their secrets.
 */
export class ForwardProxy {
  readonly #server: Server;
  readonly #outbound: Outbound;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #started: Promise<number> | undefined;
  #closed = false;

  constructor({ port, rules, limits, isOwnPort, dnsOverHttps }: ForwardProxyOptions) {
    this.#port = port;
    const server = createServer({
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: HEADERS_MS,
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      insecureHTTPParser: false,
      noDelay: true,
    });
    server.maxHeadersCount = COUNTED_HEADERS;
    server.maxConnections = limits.maxConnections;
    const resolver = new Resolver((asked) => asked === portOf(server) || isOwnPort(asked), dnsOverHttps);
    const outbound = new Outbound(resolver, limits);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => void forward(request, response, { rules, outbound }));
    // node:http types it as any stream; a server that listens on TCP has sockets.
    server.on('connect', (request, client, head) => {
      void tunnel(request, client as Socket, head, { rules, outbound, idleMs: limits.idleMs });
    });
    this.#server = server;
    this.#outbound = outbound;
  }

  /** The port that it shall listen on. */
  get wantedPort(): number {
    return this.#port;
  }

  /** The port it listens on; undefined while it does not. */
  get port(): number | undefined {
    return portOf(this.#server);
  }

  /**
   * Listens, unless it does already, and gives the port.
   *
   * @throws Error of the system when the port can't be had; a later call tries again
   */
  async start(): Promise<number> {
    if (this.#closed) throw new Error('the proxy is closed');
    this.#started ??= this.#listen();
    try {
      return await this.#started;
    } catch (error) {
      this.#started = undefined;
      throw error;
    }
  }

  /** @throws ProxyError when this is an address of the sandbox's own services */
  refuse(to: Endpoint): void {
    this.#outbound.refuse(to);
  }

  /**
   * Opens a connection as a request would, and closes it.
   *
   * @throws ProxyError
   */
  async reach(to: Endpoint, signal: AbortSignal): Promise<void> {
    const socket = await this.#outbound.dial(to, signal);
    socket.destroy();
  }

  /** Ends every connection; it can't be started again. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#started?.catch(() => undefined);
    this.#outbound.close();
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #listen(): Promise<number> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: LOOPBACK, port: this.#port }, () => {
        server.off('error', reject);
        resolve(portOf(server) ?? this.#port);
      });
    });
  }
}

/** undefined while it does not listen. */
function portOf(server: Server): number | undefined {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}
