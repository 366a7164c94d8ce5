import { KubeClient, type KubeClientOptions, type KubeObject, type ResourceType, type WriteOptions } from '@sandfleet/kube';

/** A client whose creates of one kind stay on their way until they are let go. */
export class HeldCreates extends KubeClient {
  readonly #kind: string;
  readonly #released: Promise<void>;
  release = (): void => undefined;
  /** How each of them ended. */
  readonly ends: Promise<'made' | 'failed'>[] = [];

  constructor(options: KubeClientOptions, kind: string) {
    super(options);
    this.#kind = kind;
    this.#released = new Promise((resolve) => (this.release = resolve));
  }

  override create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T> {
    if (type.kind !== this.#kind) return super.create(type, object, options);
    const made = this.#released.then(() => super.create(type, object, options));
    const end = made.then(
      () => 'made' as const,
      () => 'failed' as const,
    );
    this.ends.push(end);
    return made;
  }
}
