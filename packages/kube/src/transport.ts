import { createHash } from 'node:crypto';
import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { Access, AccessProvider } from './access.ts';

export interface TransportOptions {
  readonly access: AccessProvider;
  readonly userAgent: string;
  /** Most connections for ordinary calls; more calls than that wait in line. Watches have connections of their own. */
  readonly connections?: number;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** True for a call that stays open: it must not take the place of an ordinary one. */
  readonly streaming?: boolean;
}

export type HttpResponse = Dispatcher.ResponseData;

interface Pools {
  readonly fingerprint: string;
  readonly origin: string;
  readonly basePath: string;
  readonly calls: Dispatcher;
  readonly streams: Dispatcher;
}

const CONNECTIONS = 64;
const CONNECT_TIMEOUT_MS = 10_000;
// Opening TLS again costs more than an idle socket; load balancers cut idle ones after 60 s or more.
const KEEP_ALIVE_MS = 50_000;

/** HTTP/1.1 connections to one API server. HTTP/2 would put all watches and calls on one socket, with one flow control. */
export class Transport {
  readonly #options: TransportOptions;
  #pools: Pools | undefined;
  #access: Access | undefined;
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async send(call: HttpCall): Promise<HttpResponse> {
    const response = await this.#dispatch(call);
    if (response.statusCode !== 401) return response;
    // A rotated token or a new client certificate: read the credentials again, once.
    await response.body.dump({ limit: 64 * 1024 });
    this.#options.access.invalidate();
    return this.#dispatch(call);
  }

  /** Base URL for messages and metrics; unknown before the first call. */
  get server(): string | undefined {
    return this.#pools?.origin;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const pools = this.#pools;
    this.#pools = undefined;
    if (pools) await Promise.all([pools.calls.destroy(), pools.streams.destroy()]);
  }

  async #dispatch(call: HttpCall): Promise<HttpResponse> {
    const access = await this.#options.access.current();
    call.signal.throwIfAborted();
    const pools = this.#poolsFor(access);
    const dispatcher = call.streaming ? pools.streams : pools.calls;
    return dispatcher.request({
      origin: pools.origin,
      path: pools.basePath + call.path,
      method: call.method,
      headers: {
        ...access.headers,
        'user-agent': this.#options.userAgent,
        accept: call.accept ?? 'application/json',
        ...(call.contentType ? { 'content-type': call.contentType } : {}),
      },
      body: call.body ?? null,
      signal: call.signal,
      // The caller's signal holds the deadline of the whole call.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  #poolsFor(access: Access): Pools {
    if (this.#closed) throw new Error('the Kubernetes client is closed');
    if (this.#pools && this.#access === access) return this.#pools;
    this.#access = access;
    const fingerprint = fingerprintOf(access);
    if (this.#pools?.fingerprint === fingerprint) return this.#pools;
    const old = this.#pools;
    this.#pools = openPools(access, fingerprint, this.#options.connections ?? CONNECTIONS);
    if (old) retire(old);
    return this.#pools;
  }
}

function openPools(access: Access, fingerprint: string, connections: number): Pools {
  const url = new URL(access.server);
  const basePath = url.pathname.replace(/\/$/, '');
  const shared = { keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: 600_000, pipelining: 1 };
  const tls = access.tls ? { ...access.tls, ca: access.tls.ca as string | Buffer | (string | Buffer)[] } : {};
  const open = (limit: number | null): Dispatcher =>
    access.proxyUrl
      ? new ProxyAgent({ ...shared, uri: access.proxyUrl, requestTls: tls, connections: limit })
      : new Pool(url.origin, { ...shared, connections: limit, connect: { ...tls, timeout: CONNECT_TIMEOUT_MS } });
  return { fingerprint, origin: url.origin, basePath, calls: open(connections), streams: open(null) };
}

/** What is under way ends by itself, watches at their server-side timeout at the latest. */
function retire(pools: Pools): void {
  void Promise.all([pools.calls.close(), pools.streams.close()]).catch(() => undefined);
}

/** Headers go with each call; only what a connection is made of asks for new connections. Keys are hashed, not kept. */
function fingerprintOf({ server, tls, proxyUrl }: Access): string {
  const hash = createHash('sha256').update(JSON.stringify([server, proxyUrl, tls?.servername, tls?.rejectUnauthorized]));
  for (const part of [tls?.ca, tls?.cert, tls?.key]) {
    hash.update('\0');
    for (const item of Array.isArray(part) ? part : [part ?? '']) hash.update(item as string | Buffer);
  }
  return hash.digest('base64');
}
