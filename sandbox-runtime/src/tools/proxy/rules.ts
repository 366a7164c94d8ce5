import type { Destination } from './request-target.ts';
import type { HostPattern } from './host-pattern.ts';
import { isLoopback } from './local-address.ts';
import { bySpecificity, matches, type Mapping } from './mapping.ts';
import type { Upstream } from './upstream.ts';

/** Which way a request takes, and why. */
export type Route =
  | { readonly kind: 'mapping'; readonly mapping: Mapping }
  | { readonly kind: 'direct'; readonly why: string }
  | { readonly kind: 'upstream'; readonly upstream: Upstream };

const MAX_MAPPINGS = 256;
const MAX_EXCLUDES = 256;

export interface InitialRules {
  readonly mappings: readonly Mapping[];
  readonly excludes: readonly HostPattern[];
  /** When there are any, these hosts alone go to the upstream proxy. */
  readonly includes: readonly HostPattern[];
  readonly upstream: Upstream | undefined;
}

/** What the proxy goes by; each change counts from the next request on. */
export class ProxyRules {
  readonly #mappings = new Map<string, Mapping>();
  readonly #excludes = new Map<string, HostPattern>();
  readonly #includes: readonly HostPattern[];
  #ordered: readonly Mapping[] = [];
  upstream: Upstream | undefined;

  constructor({ mappings, excludes, includes, upstream }: InitialRules) {
    for (const mapping of mappings) this.setMapping(mapping);
    for (const pattern of excludes) this.addExclude(pattern);
    this.#includes = includes;
    this.upstream = upstream;
  }

  get mappings(): readonly Mapping[] {
    return this.#ordered;
  }

  get excludes(): readonly HostPattern[] {
    return [...this.#excludes.values()];
  }

  get includes(): readonly HostPattern[] {
    return this.#includes;
  }

  /** Replaces the one of the same source; false when there are too many. */
  setMapping(mapping: Mapping): boolean {
    const { text } = mapping.source;
    if (this.#mappings.size >= MAX_MAPPINGS && !this.#mappings.has(text)) return false;
    this.#mappings.set(text, mapping);
    this.#order();
    return true;
  }

  /** The mapping of this source, which is gone now; undefined when there was none. */
  removeMapping(source: string): Mapping | undefined {
    const mapping = this.#mappings.get(source);
    this.#mappings.delete(source);
    this.#order();
    return mapping;
  }

  /** False when there are too many. */
  addExclude(pattern: HostPattern): boolean {
    if (this.#excludes.size >= MAX_EXCLUDES && !this.#excludes.has(pattern.text)) return false;
    this.#excludes.set(pattern.text, pattern);
    return true;
  }

  removeExclude(text: string): boolean {
    return this.#excludes.delete(text);
  }

  route(destination: Destination): Route {
    const mapping = this.#ordered.find((mapping) => matches(mapping, destination));
    if (mapping !== undefined) return { kind: 'mapping', mapping };
    const { host } = destination;
    if (this.upstream === undefined) return { kind: 'direct', why: 'There is no upstream proxy.' };
    if (isLoopback(host)) return { kind: 'direct', why: 'Loopback addresses never go to the upstream proxy.' };
    const exclude = this.excludes.find((pattern) => pattern.matches(host));
    if (exclude !== undefined) return { kind: 'direct', why: `The exclude ${exclude.text} matches.` };
    if (this.#includes.length > 0 && !this.#includes.some((pattern) => pattern.matches(host)))
      return { kind: 'direct', why: 'PROXY_INCLUDE has no pattern that matches.' };
    return { kind: 'upstream', upstream: this.upstream };
  }

  #order(): void {
    this.#ordered = [...this.#mappings.values()].toSorted(bySpecificity);
  }
}
