/** Objects by a value computed from them. One object may stand under several values, or none. */
export class StoreIndex<T> {
  readonly #valuesOf: (object: T) => readonly string[];
  readonly #objects = new Map<string, Set<T>>();

  constructor(valuesOf: (object: T) => readonly string[]) {
    this.#valuesOf = valuesOf;
  }

  /** Values that some object has. */
  get size(): number {
    return this.#objects.size;
  }

  get(value: string): readonly T[] {
    const found = this.#objects.get(value);
    return found ? [...found] : [];
  }

  add(object: T): void {
    for (const value of this.#valuesOf(object)) {
      const found = this.#objects.get(value);
      if (found) found.add(object);
      else this.#objects.set(value, new Set([object]));
    }
  }

  remove(object: T): void {
    for (const value of this.#valuesOf(object)) {
      const found = this.#objects.get(value);
      found?.delete(object);
      if (found?.size === 0) this.#objects.delete(value);
    }
  }
}
