import { asKubeError, type Call, performCall, readFailure } from './call.ts';
import { startDeadline } from './deadline.ts';
import { BAD_RESPONSE, KubeError } from './kube-error.ts';
import type { KubeMetrics } from './metrics.ts';
import { keyOf, type KubeObject, type List, type ObjectRef, type WatchEvent } from './object.ts';
import { apiVersionOf, collectionPath, objectPath, type ResourceType } from './resource-type.ts';
import { Transport, type TransportOptions } from './transport.ts';
import { readEvents } from './watch-stream.ts';

export interface KubeClientOptions extends TransportOptions {
  readonly metrics?: KubeMetrics | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For one attempt; 30 when left out. */
  readonly timeoutSeconds?: number | undefined;
}

export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends CallOptions, Selection {
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface WatchOptions extends Selection {
  readonly resourceVersion?: string | undefined;
  readonly allowBookmarks?: boolean | undefined;
  /** The server ends the watch after this time. */
  readonly timeoutSeconds?: number | undefined;
  /** The client ends it when nothing came for so long, as over a connection that is dead without a word. */
  readonly idleTimeoutSeconds?: number | undefined;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly subresource?: string | undefined;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Take over fields that another manager set otherwise; without it that is a conflict. True when left out. */
  readonly force?: boolean | undefined;
}

export interface PatchOptions extends WriteOptions {
  readonly contentType: 'application/merge-patch+json' | 'application/json-patch+json' | 'application/strategic-merge-patch+json';
}

/**
 * The delete is refused with 409 when the object has another uid or resourceVersion by then. An object's whole `metadata`
 * names this very version of it; leave its resourceVersion out to delete it whatever has changed.
 */
export interface DeleteRef extends ObjectRef {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface DeleteOptions extends CallOptions {
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

const MAX_EVENT_BYTES = 16 * 1024 * 1024;
const WATCH_IDLE_SECONDS = 150;
const WATCH_START_MS = 30_000;

/** The API server's REST verbs on raw JSON objects. Failures are `KubeError`s. */
export class KubeClient {
  readonly #transport: Transport;
  readonly #metrics: KubeMetrics | undefined;

  constructor(options: KubeClientOptions) {
    this.#transport = new Transport(options);
    this.#metrics = options.metrics;
  }

  async get<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, options: CallOptions = {}): Promise<T> {
    return this.#json({
      ...options,
      action: act('get', type, ref),
      method: 'GET',
      path: objectPath(type, ref),
      idempotent: true,
    });
  }

  async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<List<T>> {
    const query = { ...selectionQuery(options), limit: options.limit, continue: options.continueToken };
    const path = withQuery(collectionPath(type, options.namespace), { ...query, resourceVersion: options.resourceVersion });
    const { signal, timeoutSeconds } = options;
    const action = actOnAll('list', type, options.namespace);
    const list = await this.#json<List<T>>({ signal, timeoutSeconds, action, method: 'GET', path, idempotent: true });
    // Items of a list come without their kind, those of a watch with it.
    const apiVersion = apiVersionOf(type);
    const items = (list.items ?? []).map((item) => ({ ...item, apiVersion, kind: type.kind }));
    return { metadata: list.metadata, items };
  }

  async create<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    const path = options.subresource
      ? objectPath(type, { name, namespace }, options.subresource)
      : collectionPath(type, namespaceFor(type, { name, namespace }));
    return this.#write(
      { ...options, action: act('create', type, { name, namespace }), method: 'POST', path, idempotent: false },
      object,
    );
  }

  /** Refused with 409 when the object's resourceVersion is not the current one. */
  async replace<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const path = objectPath(type, object.metadata, options.subresource);
    return this.#write(
      { ...options, action: act('replace', type, object.metadata), method: 'PUT', path, idempotent: false },
      object,
    );
  }

  /** Server-side apply: creates the object, or makes these fields what they are here and drops those applied before. */
  async apply<T extends KubeObject>(type: ResourceType<T>, object: KubeObject, options: ApplyOptions): Promise<T> {
    const path = objectPath(type, object.metadata, options.subresource);
    const action = act('apply', type, object.metadata);
    const contentType = 'application/apply-patch+yaml';
    return this.#write({ force: true, ...options, action, method: 'PATCH', path, contentType, idempotent: true }, object);
  }

  async patch<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, body: unknown, options: PatchOptions): Promise<T> {
    const path = objectPath(type, ref, options.subresource);
    return this.#write({ ...options, action: act('patch', type, ref), method: 'PATCH', path, idempotent: false }, body);
  }

  /** The object as it is while finalizers or a grace period hold it; undefined when it is gone at once. */
  async delete<T extends KubeObject>(type: ResourceType<T>, ref: DeleteRef, options: DeleteOptions = {}): Promise<T | undefined> {
    const { uid, resourceVersion } = ref;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(uid || resourceVersion ? { preconditions: { uid, resourceVersion } } : {}),
      propagationPolicy: options.propagationPolicy,
      gracePeriodSeconds: options.gracePeriodSeconds,
      ...(options.dryRun ? { dryRun: ['All'] } : {}),
    };
    const { signal, timeoutSeconds } = options;
    const call = {
      signal,
      timeoutSeconds,
      action: act('delete', type, ref),
      method: 'DELETE',
      path: objectPath(type, ref),
    } as const;
    // With a uid a second delete can only find the object gone; without, it may hit a new object of that name.
    const answer = await this.#json<T>({
      ...call,
      contentType: 'application/json',
      body: JSON.stringify(body),
      idempotent: Boolean(uid),
    });
    return answer.kind === 'Status' ? undefined : answer;
  }

  async deleteCollection(type: ResourceType, selection: Selection, options: DeleteOptions = {}): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: options.propagationPolicy };
    const path = withQuery(collectionPath(type, selection.namespace), selectionQuery(selection));
    const { signal, timeoutSeconds } = options;
    const call = {
      signal,
      timeoutSeconds,
      action: actOnAll('delete', type, selection.namespace),
      method: 'DELETE',
      path,
    } as const;
    await this.#json({ ...call, contentType: 'application/json', body: JSON.stringify(body), idempotent: true });
  }

  /** Ends without an error when the server ends it; throws a `KubeError` when it fails, also for 410 in an open watch. */
  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const action = actOnAll('watch', type, options.namespace);
    const path = withQuery(collectionPath(type, options.namespace), {
      ...selectionQuery(options),
      watch: true,
      allowWatchBookmarks: options.allowBookmarks,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
    });
    const idleMs = (options.idleTimeoutSeconds ?? WATCH_IDLE_SECONDS) * 1000;
    // The answer begins at once, whether there are events or not.
    const idle = startDeadline(Math.min(idleMs, WATCH_START_MS), signal);
    try {
      const response = await this.#transport.send({ method: 'GET', path, signal: idle.signal, streaming: true });
      this.#metrics?.requests.inc({ code: String(response.statusCode), method: 'WATCH' });
      if (response.statusCode !== 200) throw await readFailure(response, action);
      idle.refresh(idleMs);
      for await (const event of readEvents<T>(response.body, action, MAX_EVENT_BYTES)) {
        idle.refresh();
        yield event;
      }
    } catch (error) {
      throw asKubeError(error, action, idle.timedOut, signal);
    } finally {
      idle.end();
    }
  }

  /** A path that is no resource, as `/version` or `/readyz`. Gives the text of the answer. */
  async text(path: string, options: CallOptions = {}): Promise<string> {
    return performCall(
      this.#transport,
      { ...options, action: `get ${path}`, method: 'GET', path, accept: '*/*', idempotent: true },
      this.#metrics,
    );
  }

  /** Breaks off all calls and watches. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #write<T>(call: Call & WriteOptions & { force?: boolean | undefined }, body: unknown): Promise<T> {
    const { fieldManager, dryRun, force, subresource: _inPath, ...rest } = call;
    const path = withQuery(call.path, { fieldManager, force, dryRun: dryRun ? 'All' : undefined });
    return this.#json({ contentType: 'application/json', ...rest, path, body: JSON.stringify(body) });
  }

  async #json<T>(call: Call): Promise<T> {
    const text = await performCall(this.#transport, call, this.#metrics);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new KubeError({ status: 0, reason: BAD_RESPONSE, message: `${call.action}: the answer is not JSON`, cause });
    }
  }
}

function namespaceFor(type: ResourceType, ref: ObjectRef): string | undefined {
  if (!type.namespaced) return undefined;
  if (!ref.namespace) throw new TypeError(`${type.kind} "${ref.name}" needs a namespace`);
  return ref.namespace;
}

function act(verb: string, type: ResourceType, ref: ObjectRef): string {
  return `${verb} ${type.kind} "${keyOf(ref)}"`;
}

function actOnAll(verb: string, type: ResourceType, namespace: string | undefined): string {
  return namespace ? `${verb} ${type.plural} in "${namespace}"` : `${verb} ${type.plural}`;
}

function selectionQuery({ labelSelector, fieldSelector }: Selection): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}

function withQuery(path: string, query: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '' && value !== false) parameters.set(name, String(value));
  }
  return parameters.size > 0 ? `${path}?${parameters}` : path;
}
