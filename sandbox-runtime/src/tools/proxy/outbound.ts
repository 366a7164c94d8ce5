import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

import { authorityOf, type Endpoint } from './authority.ts';
import { COUNTED_HEADERS } from './headers.ts';
import { ProxyError, toProxyError } from './proxy-error.ts';
import type { Resolver } from './resolver.ts';
import type { Upstream } from './upstream.ts';

export interface OutboundLimits {
  readonly connectMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
}

export interface Call {
  readonly to: Endpoint;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  /** Whether it may go over a connection that was used before, and that the server may be closing just now. */
  readonly mayBeKept: boolean;
}

/** Servers close idle connections after five seconds and more: what is kept shorter is seldom closed under a request. */
const KEPT_MS = 4000;
const MAX_KEPT = 32;

/** All connections that the proxy opens. */
export class Outbound {
  readonly #resolver: Resolver;
  readonly #limits: OutboundLimits;
  readonly #kept: Agent;
  readonly #single: Agent;

  constructor(resolver: Resolver, limits: OutboundLimits) {
    this.#resolver = resolver;
    this.#limits = limits;
    this.#kept = new Agent({
      keepAlive: true,
      maxTotalSockets: limits.maxConnections,
      maxFreeSockets: MAX_KEPT,
      timeout: KEPT_MS,
      scheduling: 'lifo',
    });
    this.#single = new Agent({ keepAlive: false, maxTotalSockets: limits.maxConnections });
  }

  /** @throws ProxyError when this is an address of the sandbox's own services, which is not to be asked of others either. */
  refuse({ host, port }: Endpoint): void {
    this.#resolver.refuseAddress(host, port);
  }

  /** @throws ProxyError at once when the address is refused, TypeError when a header or the path can't be sent. */
  request({ to, method, path, headers, mayBeKept }: Call): ClientRequest {
    this.refuse(to);
    const request = httpRequest({
      ...this.#common(to),
      agent: mayBeKept ? this.#kept : this.#single,
      method,
      path,
      headers,
    });
    request.maxHeadersCount = COUNTED_HEADERS;
    this.#limit(request, to);
    return request;
  }

  /** @throws ProxyError */
  dial(to: Endpoint, signal: AbortSignal): Promise<Socket> {
    this.refuse(to);
    const { host, port } = to;
    const socket = connect({ host, port, lookup: this.#resolver.lookupFor(port), allowHalfOpen: true, noDelay: true });
    return new Promise((resolve, reject) => {
      const end = (error: Error) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        socket.destroy();
        reject(toProxyError(error, authorityOf(to)));
      };
      const timer = setTimeout(() => end(tookTooLong(to)), this.#limits.connectMs);
      const onAbort = () => end(new ProxyError(502, 'The client hung up.'));
      signal.addEventListener('abort', onAbort, { once: true });
      socket.on('error', end);
      socket.once('connect', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve(socket);
      });
      if (signal.aborted) onAbort();
    });
  }

  /**
   * Opens a tunnel through an upstream proxy.
   *
   * @throws ProxyError
   */
  async tunnel(upstream: Upstream, authority: string, signal: AbortSignal): Promise<Tunnel> {
    const { authorization } = upstream;
    const tunnel = await this.#connect(upstream, authority, signal);
    if (tunnel.status !== 407) return tunnel;
    tunnel.socket.destroy();
    if (!(await upstream.refresh(authorization))) throw refusedCredentials(upstream);
    const second = await this.#connect(upstream, authority, signal);
    if (second.status !== 407) return second;
    second.socket.destroy();
    throw refusedCredentials(upstream);
  }

  close(): void {
    this.#kept.destroy();
    this.#single.destroy();
  }

  #connect({ endpoint, authorization }: Upstream, authority: string, signal: AbortSignal): Promise<Tunnel> {
    this.refuse(endpoint);
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        ...this.#common(endpoint),
        agent: false,
        method: 'CONNECT',
        path: authority,
        headers: ['Host', authority, ...(authorization === undefined ? [] : ['Proxy-Authorization', authorization])],
        signal,
      });
      request.setTimeout(this.#limits.connectMs, () => request.destroy(tookTooLong(endpoint)));
      request.once('error', (error) => reject(toProxyError(error, authorityOf(endpoint))));
      request.once('connect', ({ statusCode = 0 }: IncomingMessage, stream, head: Buffer) => {
        // node:http types it as any stream; a client that speaks TCP has sockets.
        const socket = stream as Socket;
        socket.setTimeout(0);
        socket.on('error', () => socket.destroy());
        if (head.length > 0) socket.unshift(head);
        resolve({ status: statusCode, socket });
      });
      request.end();
    });
  }

  #common({ host, port }: Endpoint) {
    return {
      host,
      port,
      lookup: this.#resolver.lookupFor(port),
      setHost: false,
      maxHeaderSize: this.#limits.maxHeaderBytes,
      insecureHTTPParser: false,
    };
  }

  #limit(request: ClientRequest, to: Endpoint): void {
    const { connectMs, idleMs } = this.#limits;
    // It also waits here for its turn when there are as many connections as may be.
    const timer = setTimeout(() => request.destroy(tookTooLong(to)), connectMs);
    const connected = () => {
      clearTimeout(timer);
      request.setTimeout(idleMs, () => request.destroy(new ProxyError(504, `${authorityOf(to)} did not answer in time.`)));
    };
    request.once('socket', (socket) => (socket.connecting ? socket.once('connect', connected) : connected()));
    request.once('close', () => clearTimeout(timer));
  }
}

export interface Tunnel {
  readonly status: number;
  /** What came behind the answer is the first that it reads. */
  readonly socket: Socket;
}

export const refusedCredentials = (upstream: Upstream): ProxyError =>
  new ProxyError(
    502,
    `The upstream proxy ${upstream.address} wants other credentials; set them with PUT /v1/proxy/upstream, or with auth_cmd.`,
  );

const tookTooLong = (to: Endpoint): ProxyError =>
  new ProxyError(504, `${authorityOf(to)} can’t be reached: no connection came about in time.`);
