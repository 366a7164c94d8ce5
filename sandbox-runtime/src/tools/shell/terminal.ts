/** Whoever looks at a terminal. */
export interface Viewer {
  output(text: string): void;
  /** The terminal is gone; nothing comes after this. */
  ended(): void;
}

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** What a socket needs of a session, whether it has a prompt or runs the commands of API calls. */
export interface Terminal {
  readonly id: string;
  /** Adds a viewer and gives what was shown of late; undefined when there are too many. */
  attach(viewer: Viewer): string | undefined;
  detach(viewer: Viewer): void;
  type(text: string): void;
  /** Resolves when what was typed has been taken, or never will be; at once while little of it waits. */
  typed(): Promise<void>;
  resize(size: Size): void;
  /** Leaves output where it is until every holder has released it, so that its writers wait and nothing is lost. */
  hold(viewer: object): void;
  release(viewer: object): void;
}

/** Viewers of one session at once. */
const MAX_VIEWERS = 8;

/** Those who look at one terminal. */
export class Audience {
  readonly #viewers = new Set<Viewer>();

  get size(): number {
    return this.#viewers.size;
  }

  /** False when there are too many. */
  add(viewer: Viewer): boolean {
    if (this.#viewers.size >= MAX_VIEWERS) return false;
    this.#viewers.add(viewer);
    return true;
  }

  delete(viewer: Viewer): boolean {
    return this.#viewers.delete(viewer);
  }

  tell(text: string): void {
    for (const viewer of this.#viewers) viewer.output(text);
  }

  end(): void {
    for (const viewer of this.#viewers) viewer.ended();
    this.#viewers.clear();
  }
}
