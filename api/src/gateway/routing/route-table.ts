import { LRUCache } from 'lru-cache';

import { bySeniority, routeTo, type Route } from './route.ts';
import type { PodView, SandboxView } from './views.ts';

/** What a change means for connections that are open. */
export interface Effects {
  /** Pods that take no new requests; what is under way may end. */
  readonly retired: readonly string[];
  /** Pods that are gone, or whose sandbox is: every connection to them ends now, before their address can be another's. */
  readonly closed: readonly string[];
}

const NONE: Effects = { retired: [], closed: [] };
const GONE_SANDBOXES = 10_000;

/**
 * Ids to sandboxes to pods, kept by the watch caches and read on every request. Each change recomputes the routes that it can
 * touch, so a lookup is one step.
 */
export class RouteTable {
  readonly #isDialable: (address: string) => boolean;
  readonly #sandboxesById = new Map<string, Map<string, SandboxView>>();
  readonly #idByUid = new Map<string, string>();
  readonly #podsBySandbox = new Map<string, Map<string, PodView>>();
  readonly #routes = new Map<string, Route>();
  readonly #gone = new LRUCache<string, string>({ max: GONE_SANDBOXES });

  constructor(isDialable: (address: string) => boolean) {
    this.#isDialable = isDialable;
  }

  get size(): number {
    return this.#routes.size;
  }

  lookup(id: string): Route | undefined {
    return this.#routes.get(id);
  }

  knows(sandboxUid: string): boolean {
    return this.#idByUid.has(sandboxUid);
  }

  /** Whether the sandbox of this UID had this id and was seen to go. */
  isGone(uid: string, id: string): boolean {
    return this.#gone.get(uid) === id;
  }

  setSandbox(view: SandboxView): Effects {
    const { id, uid } = view;
    this.#idByUid.set(uid, id);
    let sameId = this.#sandboxesById.get(id);
    if (sameId === undefined) this.#sandboxesById.set(id, (sameId = new Map()));
    sameId.set(uid, view);
    this.#reroute(id);
    return view.isDeleting ? { retired: [], closed: this.#podsOf(uid) } : NONE;
  }

  removeSandbox({ id, uid }: Pick<SandboxView, 'id' | 'uid'>): Effects {
    const sameId = this.#sandboxesById.get(id);
    if (!sameId?.delete(uid)) return NONE;
    if (sameId.size === 0) this.#sandboxesById.delete(id);
    this.#idByUid.delete(uid);
    this.#gone.set(uid, id);
    this.#reroute(id);
    return { retired: [], closed: this.#podsOf(uid) };
  }

  setPod(view: PodView): Effects {
    const { uid, sandboxUid } = view;
    let pods = this.#podsBySandbox.get(sandboxUid);
    if (pods === undefined) this.#podsBySandbox.set(sandboxUid, (pods = new Map()));
    const before = pods.get(uid);
    pods.set(uid, view);
    this.#rerouteSandbox(sandboxUid);
    if (view.isOver || (before?.ip !== undefined && before.ip !== view.ip)) return { retired: [], closed: [uid] };
    return view.isTerminating ? { retired: [uid], closed: [] } : NONE;
  }

  removePod({ uid, sandboxUid }: Pick<PodView, 'uid' | 'sandboxUid'>): Effects {
    const pods = this.#podsBySandbox.get(sandboxUid);
    if (!pods?.delete(uid)) return NONE;
    if (pods.size === 0) this.#podsBySandbox.delete(sandboxUid);
    this.#rerouteSandbox(sandboxUid);
    return { retired: [], closed: [uid] };
  }

  #podsOf(sandboxUid: string): readonly string[] {
    return [...(this.#podsBySandbox.get(sandboxUid)?.keys() ?? [])];
  }

  #rerouteSandbox(sandboxUid: string): void {
    const id = this.#idByUid.get(sandboxUid);
    if (id !== undefined) this.#reroute(id);
  }

  #reroute(id: string): void {
    const [owner] = [...(this.#sandboxesById.get(id)?.values() ?? [])].toSorted(bySeniority);
    if (owner === undefined) {
      this.#routes.delete(id);
      return;
    }
    const pods = [...(this.#podsBySandbox.get(owner.uid)?.values() ?? [])];
    this.#routes.set(id, routeTo(owner, pods, this.#isDialable));
  }
}
