import { KubeError } from '@sandfleet/kube';

import { CHILD_KINDS, type ChildKind, type Refusal } from './observed.ts';

const FIRST_RETRY_SECONDS = 5;
const MAX_RETRY_SECONDS = 60;
// Not allowed (quota, Pod Security, missing rights) and not valid: the same write will not do better at once.
const REFUSED = new Set([400, 403, 422]);

interface Entry {
  readonly uid: string;
  readonly byKind: Map<ChildKind, { readonly refusal: Refusal; readonly attempts: number }>;
}

/** Whether an error is the API server's decision about this object, rather than trouble on the way to it. */
export const isRefusal = (error: unknown): error is KubeError => error instanceof KubeError && REFUSED.has(error.status);

/** What the API server said about the object, without the action that the client puts before it. */
export const refusalMessage = ({ message }: KubeError): string => message.slice(message.indexOf(': ') + 1).trim();

export const isChildKind = (kind: string): kind is ChildKind => (CHILD_KINDS as readonly string[]).includes(kind);

/** Refused writes by sandbox. It is lost with the process, and then costs one more try of each. */
export class Refusals {
  readonly #entries = new Map<string, Entry>();

  of(key: string, uid: string): Readonly<Partial<Record<ChildKind, Refusal>>> {
    const entry = this.#entries.get(key);
    if (entry?.uid !== uid) return {};
    return Object.fromEntries([...entry.byKind].map(([kind, { refusal }]) => [kind, refusal]));
  }

  add(key: string, uid: string, child: { kind: ChildKind; refusal: Omit<Refusal, 'retryAt'>; now: Date }): void {
    const known = this.#entries.get(key);
    const entry = known?.uid === uid ? known : { uid, byKind: new Map() };
    const attempts = (entry.byKind.get(child.kind)?.attempts ?? 0) + 1;
    const seconds = Math.min(FIRST_RETRY_SECONDS * 2 ** Math.min(attempts - 1, 10), MAX_RETRY_SECONDS);
    const refusal = { ...child.refusal, retryAt: new Date(child.now.getTime() + seconds * 1000) };
    entry.byKind.set(child.kind, { refusal, attempts });
    this.#entries.set(key, entry);
  }

  clear(key: string, kind: ChildKind): void {
    this.#entries.get(key)?.byKind.delete(kind);
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
