import { ApplyCache } from './apply-cache.ts';
import type { CallOptions, DeleteOptions, DeleteRef, KubeClient, PatchOptions } from './client.ts';
import { hashOf, holds, toIntent } from './intent.ts';
import { hasStatus, isConflict, isNotFound } from './kube-error.ts';
import type { KubeMetrics } from './metrics.ts';
import { keyOf, type KubeObject, type ObjectRef } from './object.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';
import type { Store } from './store.ts';

export interface ApplierOptions {
  readonly client: KubeClient;
  /** One for each controller: fields that this manager applied before and leaves out now are removed. */
  readonly fieldManager: string;
  readonly metrics?: KubeMetrics | undefined;
  /** Most intents remembered; beyond it the one unused for the longest time costs an apply again. */
  readonly cacheSize?: number | undefined;
}

export interface IntentOptions extends CallOptions {
  readonly subresource?: 'status' | undefined;
  /**
   * Send it in any case: the caller has found a difference. What is known here tells fields of ours that were changed, and not
   * those that others put beside them in a map which is one value to the API server, as a label selector is.
   */
  readonly always?: boolean | undefined;
}

const CACHE_SIZE = 20_000;

/** All writes of a controller: server-side apply of full intents, skipped where nothing would change; results go to the stores. */
export class Applier {
  readonly #options: ApplierOptions;
  readonly #cache: ApplyCache;
  readonly #stores = new Map<string, Store<KubeObject>>();

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#cache = new ApplyCache(options.cacheSize ?? CACHE_SIZE);
  }

  /** Writes of this kind are seen in the store at once; and what the store knows of an object saves the writes that change nothing. */
  use<T extends KubeObject>(type: ResourceType<T>, store: Store<T>): this {
    // A store is only ever handed objects of its own type, by the type's name.
    this.#stores.set(nameOf(type), store as unknown as Store<KubeObject>);
    return this;
  }

  /** Makes the object as the intent says, also when it does not exist. Gives the object as it is then. */
  async apply<T extends KubeObject>(type: ResourceType<T>, object: KubeObject, options: IntentOptions = {}): Promise<T> {
    const { subresource, signal, timeoutSeconds, always = false } = options;
    const { client, fieldManager, metrics } = this.#options;
    const intent = toIntent(object, subresource);
    const hash = hashOf(intent);
    const key = `${nameOf(type)}/${keyOf(intent.metadata)}/${subresource ?? ''}`;
    const known = always ? undefined : this.#unchanged(type, intent, hash, key);
    if (known) {
      metrics?.applies.inc({ kind: type.kind, result: 'unchanged' });
      return known;
    }
    try {
      const result = await client.apply(type, intent, { fieldManager, force: true, subresource, signal, timeoutSeconds });
      this.#cache.set(key, { hash, uid: result.metadata.uid, resourceVersion: result.metadata.resourceVersion });
      this.#remember(type, result);
      metrics?.applies.inc({ kind: type.kind, result: 'applied' });
      return result;
    } catch (error) {
      // It may have been done all the same, by an answer that was lost.
      this.#cache.delete(key);
      metrics?.applies.inc({ kind: type.kind, result: 'failed' });
      throw error;
    }
  }

  /** Creates the object; 409 when there is one of that name. */
  async create<T extends KubeObject>(type: ResourceType<T>, object: T, options: CallOptions = {}): Promise<T> {
    const created = await this.#options.client.create(type, object, { ...options, fieldManager: this.#options.fieldManager });
    this.#remember(type, created);
    return created;
  }

  /** For small changes that are no intent of ours, as a finalizer or the labels of an adopted object. */
  async patch<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    body: unknown,
    options: Omit<PatchOptions, 'fieldManager'>,
  ): Promise<T> {
    const patched = await this.#options.client.patch(type, ref, body, { ...options, fieldManager: this.#options.fieldManager });
    this.#remember(type, patched);
    return patched;
  }

  /**
   * Deletes this very object: its uid is the condition, so one made anew under the name is safe. Gone already is success.
   * With a resourceVersion it is refused with 409 when the object has changed since.
   */
  async delete<T extends KubeObject>(
    type: ResourceType<T>,
    ref: DeleteRef & { readonly uid: string },
    options: DeleteOptions = {},
  ): Promise<void> {
    try {
      const rest = await this.#options.client.delete(type, ref, options);
      if (options.dryRun) return;
      if (rest) this.#remember(type, rest);
      else this.#forget(type, ref);
    } catch (error) {
      if (isNotFound(error) || (isConflict(error) && (await this.#isGone(type, ref, options)))) return this.#forget(type, ref);
      throw error;
    }
  }

  /** A conflict on delete is either a newer version of the object, or another object under its name. */
  async #isGone(type: ResourceType, ref: ObjectRef & { readonly uid: string }, { signal }: CallOptions): Promise<boolean> {
    try {
      const live = await this.#options.client.get(type, ref, { signal });
      return live.metadata.uid !== ref.uid;
    } catch (error) {
      if (hasStatus(error, 404)) return true;
      throw error;
    }
  }

  /** The live object, when applying the intent again would change nothing. */
  #unchanged<T extends KubeObject>(type: ResourceType<T>, intent: KubeObject, hash: string, key: string): T | undefined {
    const applied = this.#cache.get(key);
    const live = this.#storeOf(type)?.get(intent.metadata.namespace, intent.metadata.name);
    if (!applied || !live || applied.hash !== hash || applied.uid !== live.metadata.uid) return undefined;
    const condition = intent.metadata.resourceVersion;
    if (condition !== undefined && condition !== live.metadata.resourceVersion) return undefined;
    if (applied.resourceVersion === live.metadata.resourceVersion) return live;
    // Others wrote since, as a kubelet does all the time. Fields of ours that they left alone need no second apply.
    const { resourceVersion: _condition, ...metadata } = intent.metadata;
    return holds(live, { ...intent, metadata }) ? live : undefined;
  }

  #remember<T extends KubeObject>(type: ResourceType<T>, object: T): void {
    this.#storeOf(type)?.upsert(object);
  }

  #forget(type: ResourceType, ref: DeleteRef): void {
    const { namespace, name, uid } = ref;
    this.#storeOf(type)?.remove({ namespace, name, uid });
  }

  #storeOf<T extends KubeObject>(type: ResourceType<T>): Store<T> | undefined {
    return this.#stores.get(nameOf(type)) as unknown as Store<T> | undefined;
  }
}

function nameOf(type: ResourceType): string {
  return `${apiVersionOf(type)}/${type.plural}`;
}
