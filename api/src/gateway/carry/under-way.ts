/**
 * Things that come and go with each request, to be gone through now and then in no order. A Set does the same for three times
 * its price: taking turns at adding and deleting, it makes a new table every few dozen times, and the tables outlive what they
 * held. It cost a fifth of the CPU of a small request, most of it in the garbage collector.
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
