import { openPlace, underSubdomain, type Place } from './place.ts';
import { SubdomainGateway } from './subdomain-gateway.ts';

export type UrlMode = 'path' | 'subdomain';

/** A runtime alone has no gateway, so no subdomains. */
export const IS_LOCAL = process.env['SANDBOX_BASE_URL'] !== undefined;
export const MODES: readonly UrlMode[] = IS_LOCAL ? ['path'] : ['path', 'subdomain'];

/** One sandbox under each kind of URL. */
export class Places implements AsyncDisposable {
  readonly path: Place;
  readonly #subdomain: Place | undefined;
  readonly #gateway: SubdomainGateway | undefined;

  private constructor(path: Place, gateway: SubdomainGateway | undefined) {
    this.path = path;
    this.#gateway = gateway;
    this.#subdomain = gateway && underSubdomain(path, gateway);
  }

  static async open(): Promise<Places> {
    const path = await openPlace();
    try {
      return new Places(path, IS_LOCAL ? undefined : await SubdomainGateway.start());
    } catch (error) {
      await path.remove();
      throw error;
    }
  }

  by(mode: UrlMode): Place {
    if (mode === 'path') return this.path;
    if (this.#subdomain === undefined) throw new Error('a runtime without a gateway has no subdomains');
    return this.#subdomain;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]();
    await this.path.remove();
  }
}
