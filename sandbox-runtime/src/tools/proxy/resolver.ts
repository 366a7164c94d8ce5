import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

import type { DnsOverHttps } from './dns-over-https.ts';
import { isHere, isLocalAddress, isLoopback } from './local-address.ts';
import { ProxyError } from './proxy-error.ts';

/** As long as a browser keeps an answer at least; its several connections to one host ask once. */
const CACHE_MS = 10_000;
const MAX_ENTRIES = 512;

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

interface Entry {
  readonly until: number;
  readonly addresses: Promise<readonly LookupAddress[]>;
}

/** Looks up names for connections, and keeps those off the ports of the sandbox's own services, whatever name led there. */
export class Resolver {
  readonly #entries = new Map<string, Entry>();
  readonly #isOwnPort: (port: number) => boolean;
  readonly #dnsOverHttps: DnsOverHttps | undefined;

  constructor(isOwnPort: (port: number) => boolean, dnsOverHttps?: DnsOverHttps) {
    this.#isOwnPort = isOwnPort;
    this.#dnsOverHttps = dnsOverHttps;
  }

  /**
   * For `lookup` of a connection to this port. Node asks it for names alone: see `refuseAddress` for addresses.
   * The check sees the very addresses that are connected to, so no name can change its meaning in between.
   */
  lookupFor(port: number): LookupFunction {
    return (host, options: LookupOptions, tell) => {
      this.#lookup(host).then(
        (all) => {
          const wanted = all.filter(({ family }) => !options.family || options.family === family);
          if (this.#isOwnPort(port) && all.some(({ address }) => isLocalAddress(address))) return tell(refusal(port), []);
          if (options.all === true) return tell(null, wanted);
          const [first] = wanted;
          return first === undefined ? tell(notFound(host), '') : tell(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => tell(error, []),
      );
    };
  }

  /** @throws ProxyError for an address of this machine with the port of a service of its own. */
  refuseAddress(host: string, port: number): void {
    if (!this.#isOwnPort(port)) return;
    if (isHere(host)) throw refusal(port);
  }

  #lookup(host: string): Promise<readonly LookupAddress[]> {
    if (isLoopback(host)) return Promise.resolve(LOOPBACK);
    const now = performance.now();
    const known = this.#entries.get(host);
    if (known !== undefined && known.until > now) return known.addresses;
    const addresses = this.#ask(host);
    this.#entries.delete(host);
    this.#entries.set(host, { until: now + CACHE_MS, addresses });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    // A failure is told to those who wait for it and to nobody later.
    addresses.catch(() => {
      if (this.#entries.get(host)?.addresses === addresses) this.#entries.delete(host);
    });
    return addresses;
  }

  async #ask(host: string): Promise<readonly LookupAddress[]> {
    const found = (await this.#dnsOverHttps?.find(host)) ?? [];
    return found.length > 0 ? found : lookup(host, { all: true, verbatim: true });
  }
}

const refusal = (port: number): ProxyError => new ProxyError(403, `Port ${port} belongs to the services of the sandbox itself.`);

const notFound = (host: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`No address of ${host}`), { code: 'ENOTFOUND' });
