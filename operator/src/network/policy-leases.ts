/**
 * The interlock between those who put pods under a policy and the one who removes policies without pods.
 *
 * Whether a policy is used is read from stores, and a pod that is being created is in no store yet. Without this, a policy could
 * be found unused and deleted while a pod that relies on it is on its way: that pod would run, for a moment, with no policy at
 * all. So a pod is written only under a hold, which begins before the write and ends when the pod is in the store; and a policy
 * is removed only without holds, which cannot begin while the removal is under way:
 *
 *   free --hold()--> held (n holds) --release()--> free
 *   free --exclude()--> excluded (one task) --(settled)--> free
 *
 * One process alone writes (the leader), so a mark in memory is enough.
 */
export class PolicyLeases {
  readonly #holds = new Map<string, number>();
  readonly #excluded = new Set<string>();

  /** Keeps the policy until the returned function is called; undefined while a removal is under way. */
  hold(key: string): (() => void) | undefined {
    if (this.#excluded.has(key)) return undefined;
    this.#holds.set(key, (this.#holds.get(key) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#holds.get(key) ?? 1) - 1;
      if (left === 0) this.#holds.delete(key);
      else this.#holds.set(key, left);
    };
  }

  /** Runs a task while nobody can begin to use the policy; undefined, without running it, while somebody holds it. */
  async exclude<T>(key: string, task: () => Promise<T>): Promise<T | undefined> {
    if (this.#holds.has(key) || this.#excluded.has(key)) return undefined;
    this.#excluded.add(key);
    try {
      return await task();
    } finally {
      this.#excluded.delete(key);
    }
  }
}
