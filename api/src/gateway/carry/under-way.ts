/**
 * Things that come and go with each request, to be gone through now and then in no order. Not a Map nor a Set: a Map of the
 * requests under way cost a sixth of the CPU of a small one, most of it in the garbage collector.
 */
export class UnderWay<T> {
  readonly #slots: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** @returns the slot, for `delete`; it is another's from then on. */
  add(item: T): number {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = item;
    return slot;
  }

  delete(slot: number): void {
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  *[Symbol.iterator](): Generator<T> {
    for (const item of this.#slots) if (item !== undefined) yield item;
  }
}
