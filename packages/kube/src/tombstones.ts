import { compareResourceVersions } from './resource-version.ts';

// What can come too late is the answer to a write that was under way: a few, within seconds.
const MOST = 4096;

/** Remembers what was deleted, so that a late answer about it does not bring it back. */
export class Tombstones {
  readonly #versions = new Map<string, string | undefined>();

  /** Without a resourceVersion the object is gone for good; with one it has left what we watch, as of that version. */
  bury(uid: string, resourceVersion: string | undefined): void {
    if (this.#versions.has(uid) && this.#versions.get(uid) === undefined) return;
    this.#versions.delete(uid);
    this.#versions.set(uid, resourceVersion);
    if (this.#versions.size <= MOST) return;
    const oldest = this.#versions.keys().next();
    if (!oldest.done) this.#versions.delete(oldest.value);
  }

  /**
   * True when the object was deleted after this version of it. A watch with a selector says DELETED for what no longer
   * matches; should it match again, it comes with a newer version.
   */
  covers(uid: string, resourceVersion: string | undefined): boolean {
    if (!this.#versions.has(uid)) return false;
    const order = compareResourceVersions(resourceVersion, this.#versions.get(uid));
    return order === undefined || order <= 0;
  }

  forget(uid: string): void {
    this.#versions.delete(uid);
  }
}
