import type { KubeObject, ObjectRef } from './object.ts';
import { compareResourceVersions } from './resource-version.ts';
import { StoreIndex } from './store-index.ts';
import { Tombstones } from './tombstones.ts';

export type Change<T> =
  | { readonly type: 'added'; readonly object: T; readonly old?: undefined }
  | { readonly type: 'updated'; readonly object: T; readonly old: T }
  /** `object` is the last version known. */
  | { readonly type: 'deleted'; readonly object: T; readonly old?: undefined };

export type Transform<T> = (object: T) => T;

export interface StoreOptions<T> {
  /** Name of the index → the values under which an object is found. Must be a pure function of the object. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** What is kept of an object; all but its managedFields when left out. */
  readonly transform?: Transform<T>;
}

export interface RemovedRef extends ObjectRef {
  readonly uid?: string | undefined;
  /** The version as of which it was gone; left out when the server said that it is gone for good. */
  readonly resourceVersion?: string | undefined;
}

/**
 * The objects of one kind, as known by now. A reflector fills it; own writes go in as well, so that the next pass reads them.
 * The two arrive in any order: the newer resourceVersion wins, and what is deleted stays deleted.
 * Objects are shared, not copied: no one may change them.
 */
export class Store<T extends KubeObject> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #byUid = new Map<string, T>();
  readonly #indexes = new Map<string, StoreIndex<T>>();
  readonly #tombstones = new Tombstones();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  #transform: Transform<T>;
  #size = 0;

  constructor(options: StoreOptions<T> = {}) {
    this.#transform = options.transform ?? dropManagedFields;
    for (const [name, valuesOf] of Object.entries(options.indexes ?? {})) this.#indexes.set(name, new StoreIndex(valuesOf));
  }

  get size(): number {
    return this.#size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#namespaces.get(namespace ?? '')?.get(name);
  }

  getByUid(uid: string): T | undefined {
    return this.#byUid.get(uid);
  }

  list(namespace?: string): readonly T[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])];
    return [...this.#namespaces.values()].flatMap((objects) => [...objects.values()]);
  }

  byIndex(index: string, value: string): readonly T[] {
    const found = this.#indexes.get(index);
    if (!found) throw new TypeError(`the store has no index "${index}"`);
    return found.get(value);
  }

  /** Tells of each change from now on, in the call that makes it. What is there already is not told: see `list`. */
  subscribe(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes what is newer than what is known. False when it is old news. */
  upsert(incoming: T): boolean {
    const { name, namespace, uid, resourceVersion } = incoming.metadata;
    if (uid && this.#tombstones.covers(uid, resourceVersion)) return false;
    const old = this.get(namespace, name);
    if (old && isOldNews(incoming, old)) return false;
    const object = this.#transform(incoming);
    // The same name with another uid is another object: the first one is gone, whether we were told or not.
    const replaced = old !== undefined && old.metadata.uid !== uid;
    if (replaced) this.#drop(old, undefined);
    const previous = replaced ? undefined : old;
    if (uid) this.#tombstones.forget(uid);
    this.#put(object, previous);
    this.#tell(previous ? { type: 'updated', object, old: previous } : { type: 'added', object });
    return true;
  }

  /** The object is gone, or no longer among those watched. False when that is old news. */
  remove(ref: RemovedRef): boolean {
    const known = this.get(ref.namespace, ref.name);
    const uid = ref.uid ?? known?.metadata.uid;
    if (!known || known.metadata.uid !== uid) {
      if (uid) this.#tombstones.bury(uid, ref.resourceVersion);
      return false;
    }
    const order = compareResourceVersions(ref.resourceVersion, known.metadata.resourceVersion);
    if (order !== undefined && order < 0) return false;
    this.#drop(known, ref.resourceVersion);
    return true;
  }

  /** After a full list: drops what is not in it, but for what is newer than the list itself. Gives how many. */
  retain(uids: ReadonlySet<string>, listVersion: string): number {
    let dropped = 0;
    for (const object of this.list()) {
      const { uid, resourceVersion } = object.metadata;
      if (uid === undefined || uids.has(uid)) continue;
      const order = compareResourceVersions(resourceVersion, listVersion);
      if (order !== undefined && order > 0) continue;
      this.#drop(object, listVersion);
      dropped += 1;
    }
    return dropped;
  }

  /** For objects to come; those here stay as they are. A reflector with a transform installs it, so that own writes pass it too. */
  setTransform(transform: Transform<T>): void {
    this.#transform = transform;
  }

  #put(object: T, previous: T | undefined): void {
    const { name, namespace = '', uid } = object.metadata;
    let objects = this.#namespaces.get(namespace);
    if (!objects) this.#namespaces.set(namespace, (objects = new Map<string, T>()));
    objects.set(name, object);
    if (uid) this.#byUid.set(uid, object);
    for (const index of this.#indexes.values()) {
      if (previous) index.remove(previous);
      index.add(object);
    }
    if (!previous) this.#size += 1;
  }

  #drop(object: T, resourceVersion: string | undefined): void {
    const { name, namespace = '', uid } = object.metadata;
    const objects = this.#namespaces.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#namespaces.delete(namespace);
    if (uid) {
      this.#byUid.delete(uid);
      this.#tombstones.bury(uid, resourceVersion);
    }
    for (const index of this.#indexes.values()) index.remove(object);
    this.#size -= 1;
    this.#tell({ type: 'deleted', object });
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        // A listener that throws is a bug: it must stop the process aloud, not this change for the other listeners.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** A third of a typical object, and of use to no controller. */
export function dropManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function isOldNews(incoming: KubeObject, known: KubeObject): boolean {
  const order = compareResourceVersions(incoming.metadata.resourceVersion, known.metadata.resourceVersion);
  return order !== undefined && order <= 0;
}
