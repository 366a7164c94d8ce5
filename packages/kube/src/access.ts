/** How to reach and to authenticate at one API server, as of now. */
export interface Access {
  /** Base URL; may have a path, as behind a multi-cluster proxy. */
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsAccess;
  readonly proxyUrl?: string;
}

export interface TlsAccess {
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Credentials change while the process runs (projected tokens, exec plugins), so they are asked for with each call. */
export interface AccessProvider {
  current(): Promise<Access>;
  /** The API server answered 401: read everything anew at the next call. */
  invalidate(): void;
}

export function fixedAccess(access: Access): AccessProvider {
  return { current: () => Promise.resolve(access), invalidate: () => undefined };
}

/** Keeps what `load` gave for a while, and lets concurrent callers share one load. */
export function cachedAccess(load: () => Promise<Access>, maxAgeSeconds: number): AccessProvider {
  let cached: { readonly access: Access; readonly until: number } | undefined;
  let loading: Promise<Access> | undefined;
  let generation = 0;

  async function reload(): Promise<Access> {
    const started = generation;
    const access = await load();
    // An invalidation while loading means that this answer is the refused one, or may be.
    if (started === generation) cached = { access, until: performance.now() + maxAgeSeconds * 1000 };
    return access;
  }

  return {
    async current() {
      if (cached && performance.now() < cached.until) return cached.access;
      loading ??= reload().finally(() => {
        loading = undefined;
      });
      return loading;
    },
    invalidate() {
      generation += 1;
      cached = undefined;
      loading = undefined;
    },
  };
}
