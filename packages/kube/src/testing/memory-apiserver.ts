import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fixedAccess } from '../access.ts';
import { KubeClient, type KubeClientOptions } from '../client.ts';
import type { KubeObject } from '../object.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers a request in the server's place when it gives true. */
export type Interceptor = (request: SeenRequest, response: ServerResponse) => boolean | Promise<boolean>;

interface Target {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

interface HistoryEvent {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly object: KubeObject;
}

interface OpenWatch {
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
}

const KINDS: Readonly<Record<string, string>> = {
  pods: 'Pod',
  configmaps: 'ConfigMap',
  leases: 'Lease',
  events: 'Event',
  namespaces: 'Namespace',
};

/**
 * An HTTP server that keeps objects in memory and lists, pages and watches them as the API server does, to break on purpose.
 * Apply and patch merge without field ownership, and there is no validation: tests of those use a real API server.
 */
export class MemoryApiserver {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #snapshots = new Map<string, { readonly items: readonly KubeObject[]; readonly revision: number }>();
  readonly #watches = new Set<OpenWatch>();
  #history: HistoryEvent[] = [];
  #interceptors: Interceptor[] = [];
  #compacted = 0;
  #revision: number;

  /** `firstRevision` sets where resourceVersions start, as near 99 to see them gain a digit. */
  constructor(firstRevision = 1) {
    this.#revision = firstRevision;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (!response.headersSent) sendStatus(response, 500, 'InternalError', String(error));
        else response.destroy();
      });
    });
    // Tests that hang leave sockets; closing the server must not wait for them.
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(firstRevision?: number): Promise<MemoryApiserver> {
    const server = new MemoryApiserver(firstRevision);
    await server.listen(0);
    return server;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  get revision(): string {
    return String(this.#revision);
  }

  client(options: Partial<KubeClientOptions> = {}): KubeClient {
    return new KubeClient({ access: fixedAccess({ server: this.url, headers: {} }), userAgent: 'test', ...options });
  }

  /** Answers requests in the server's place until the returned function is called. The last one added is asked first. */
  intercept(interceptor: Interceptor): () => void {
    this.#interceptors = [interceptor, ...this.#interceptors];
    return () => {
      this.#interceptors = this.#interceptors.filter((each) => each !== interceptor);
    };
  }

  /** Writes as somebody else would: creates or replaces, and tells the watches. */
  put<T extends KubeObject>(plural: string, object: T): T {
    const { namespace, name } = object.metadata;
    return this.#store({ apiVersion: object.apiVersion, plural, namespace, name, subresource: undefined }, object) as T;
  }

  /** Deletes as somebody else would. */
  drop(plural: string, object: KubeObject): void {
    const { namespace, name } = object.metadata;
    this.#delete({ apiVersion: object.apiVersion, plural, namespace, name, subresource: undefined });
  }

  /** Forgets the past: a watch from before now, and a continue token from before now, are answered with 410. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#history = [];
    this.#snapshots.clear();
  }

  sendBookmarks(): void {
    for (const watch of this.#watches) this.#write(watch, 'BOOKMARK', bookmark(watch.target, this.#revision));
  }

  /** Lets the revision pass without an event for anyone, as writes to other kinds do. */
  advance(by: number): void {
    this.#revision += by;
  }

  /** Sends bytes as they are to all watches. */
  sendRaw(bytes: string | Buffer): void {
    for (const { response } of this.#watches) response.write(bytes);
  }

  /** `end` closes the answer as the server's timeout does, `destroy` breaks the connection. */
  cutWatches(how: 'end' | 'destroy'): void {
    for (const watch of this.#watches) {
      const { response } = watch;
      this.#watches.delete(watch);
      if (how === 'end') response.end();
      else response.destroy();
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://server');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const request: SeenRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    this.requests.push(request);
    for (const interceptor of this.#interceptors) if (await interceptor(request, response)) return;
    const target = parsePath(url.pathname);
    if (!target) return sendStatus(response, 404, 'NotFound', 'the server could not find the requested resource');
    this.#answer(request, target, response);
  }

  #answer(request: SeenRequest, target: Target, response: ServerResponse): void {
    const { method, query, body } = request;
    if (method === 'GET' && query.has('watch')) return this.#watch(target, query, response);
    if (method === 'GET' && !target.name) return this.#list(target, query, response);
    const known = target.name ? this.#find(target) : undefined;
    const sent = body
      ? (JSON.parse(body) as KubeObject & { preconditions?: { uid?: string; resourceVersion?: string } })
      : undefined;
    if (method === 'POST' && sent) return this.#create(target, sent, response);
    const isApply = request.headers['content-type'] === 'application/apply-patch+yaml';
    if (!known && !(isApply && !target.subresource)) {
      return sendStatus(response, 404, 'NotFound', `${target.plural} "${target.name}" not found`);
    }
    if (method === 'GET') return send(response, 200, known);
    if (method === 'DELETE' && known) return this.#deleteIf(target, known, sent?.preconditions, response);
    if (!sent) return sendStatus(response, 400, 'BadRequest', 'the body is missing');
    const expected = sent.metadata?.resourceVersion;
    if (known && expected && expected !== known.metadata.resourceVersion) {
      return sendStatus(response, 409, 'Conflict', 'the object has been modified');
    }
    const merged = method === 'PUT' ? sent : (merge(known ?? {}, sent) as KubeObject);
    const unchanged = known && JSON.stringify(merged) === JSON.stringify(known);
    send(response, known ? 200 : 201, unchanged ? known : this.#store(target, merged));
  }

  #create(target: Target, sent: KubeObject, response: ServerResponse): void {
    const full = { ...target, name: sent.metadata.name };
    if (this.#find(full)) return sendStatus(response, 409, 'AlreadyExists', `${target.plural} "${full.name}" already exists`);
    send(response, 201, this.#store(full, sent));
  }

  #deleteIf(
    target: Target,
    known: KubeObject,
    wanted: { uid?: string; resourceVersion?: string } | undefined,
    response: ServerResponse,
  ): void {
    const { uid, resourceVersion } = known.metadata;
    const refused =
      (wanted?.uid && wanted.uid !== uid) || (wanted?.resourceVersion && wanted.resourceVersion !== resourceVersion);
    if (refused) return sendStatus(response, 409, 'Conflict', 'Precondition failed');
    if (known.metadata.finalizers?.length) {
      const deletionTimestamp = new Date().toISOString();
      return send(response, 200, this.#store(target, { ...known, metadata: { ...known.metadata, deletionTimestamp } }));
    }
    this.#delete(target);
    send(response, 200, { kind: 'Status', apiVersion: 'v1', status: 'Success', details: { uid } });
  }

  #list(target: Target, query: URLSearchParams, response: ServerResponse): void {
    const limit = Number(query.get('limit') ?? 0);
    const [snapshotId, start] = (query.get('continue') ?? '').split(':');
    const snapshot = snapshotId
      ? this.#snapshots.get(snapshotId)
      : { items: this.#select(target, query), revision: this.#revision };
    if (!snapshot) return sendStatus(response, 410, 'Expired', 'The provided continue parameter is too old');
    const from = Number(start ?? 0);
    const to = limit > 0 ? from + limit : snapshot.items.length;
    const metadata: Record<string, string> = { resourceVersion: String(snapshot.revision) };
    if (to < snapshot.items.length) {
      const id = snapshotId || randomUUID();
      this.#snapshots.set(id, snapshot);
      metadata['continue'] = `${id}:${to}`;
    }
    // As the real one does, without the kind of each item.
    const items = snapshot.items.slice(from, to).map(({ apiVersion: _a, kind: _k, ...rest }) => rest);
    send(response, 200, { kind: 'List', apiVersion: target.apiVersion, metadata, items });
  }

  #watch(target: Target, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion') ?? 0);
    if (from > 0 && from < this.#compacted) return sendStatus(response, 410, 'Expired', 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watch: OpenWatch = { target, query, response };
    this.#watches.add(watch);
    response.once('close', () => this.#watches.delete(watch));
    if (from === 0) for (const object of this.#select(target, query)) this.#write(watch, 'ADDED', object);
    for (const event of this.#history) if (from > 0 && event.revision > from) this.#offer(watch, event);
  }

  #offer(watch: OpenWatch, { type, collection, object }: HistoryEvent): void {
    if (collection === collectionOf(watch.target) && matches(object, watch.target, watch.query)) this.#write(watch, type, object);
  }

  #write({ response }: OpenWatch, type: string, object: unknown): void {
    response.write(`${JSON.stringify({ type, object })}\n`);
  }

  #find(target: Target): KubeObject | undefined {
    return this.#objects.get(collectionOf(target))?.get(nameOf(target));
  }

  #select(target: Target, query: URLSearchParams): KubeObject[] {
    return [...(this.#objects.get(collectionOf(target))?.values() ?? [])].filter((object) => matches(object, target, query));
  }

  #store(target: Target, object: KubeObject): KubeObject {
    const known = this.#find(target);
    this.#revision += 1;
    const uid = known?.metadata.uid ?? object.metadata.uid ?? randomUUID();
    const creationTimestamp = known?.metadata.creationTimestamp ?? new Date().toISOString();
    const resourceVersion = String(this.#revision);
    const managedFields = [{ manager: 'test', operation: 'Update' }];
    const metadata = { ...object.metadata, uid, creationTimestamp, resourceVersion, managedFields };
    const kind = object.kind ?? KINDS[target.plural];
    const stored: KubeObject = { ...object, apiVersion: target.apiVersion, kind, metadata };
    const collection = this.#objects.get(collectionOf(target)) ?? new Map<string, KubeObject>();
    this.#objects.set(collectionOf(target), collection.set(nameOf(target), stored));
    this.#publish(known ? 'MODIFIED' : 'ADDED', target, stored);
    return stored;
  }

  #delete(target: Target): void {
    const known = this.#find(target);
    if (!known) return;
    this.#objects.get(collectionOf(target))?.delete(nameOf(target));
    this.#revision += 1;
    const metadata = { ...known.metadata, resourceVersion: String(this.#revision) };
    this.#publish('DELETED', target, { ...known, metadata });
  }

  #publish(type: HistoryEvent['type'], target: Target, object: KubeObject): void {
    const event: HistoryEvent = { revision: this.#revision, type, collection: collectionOf(target), object };
    this.#history.push(event);
    for (const watch of this.#watches) this.#offer(watch, event);
  }
}

function parsePath(path: string): Target | undefined {
  const match = /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
    path,
  );
  if (!match) return undefined;
  const [, group, version = '', namespace, plural = '', name, subresource] = match;
  return { apiVersion: group ? `${group}/${version}` : version, plural, namespace, name, subresource };
}

function collectionOf(target: Target): string {
  return `${target.apiVersion}/${target.plural}`;
}

function nameOf({ namespace, name }: Target): string {
  return `${namespace ?? ''}/${name ?? ''}`;
}

function matches(object: KubeObject, target: Target, query: URLSearchParams): boolean {
  if (target.namespace && object.metadata.namespace !== target.namespace) return false;
  const [, fieldName] = /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? '') ?? [];
  if (fieldName && object.metadata.name !== fieldName) return false;
  const labels = (query.get('labelSelector') ?? '').split(',').filter((each) => each !== '');
  return labels.every((each) => {
    const [key = '', value] = each.split('=');
    return object.metadata.labels?.[key] === value;
  });
}

function bookmark(target: Target, revision: number): unknown {
  const kind = KINDS[target.plural] ?? 'Unknown';
  return { kind, apiVersion: target.apiVersion, metadata: { resourceVersion: String(revision), creationTimestamp: null } };
}

/** JSON merge patch: null removes, objects merge, all else replaces. */
function merge(base: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(base as Record<string, unknown> | undefined) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A failure as the API server tells it. */
export function sendStatus(response: ServerResponse, code: number, reason: string, message: string, details?: object): void {
  send(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details });
}
