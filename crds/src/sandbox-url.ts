export interface GatewayAddress {
  /** Public base URL of the gateway, such as `http://host:30080`. */
  readonly url?: string | undefined;
  /** Wildcard domain of the gateway; path mode when absent. */
  readonly domain?: string | undefined;
}

/** The URL of the sandbox `id`, with a trailing slash; undefined where the gateway has no public address. */
export function sandboxUrl({ url, domain }: GatewayAddress, id: string): string | undefined {
  if (domain) {
    const base = new URL(url || 'https://localhost');
    const port = url && base.port !== '' ? `:${base.port}` : '';
    return `${base.protocol}//${id}.${domain}${port}/`;
  }
  if (!url) return undefined;
  return `${url.replace(/\/+$/, '')}/s/${id}/`;
}
