import type { Surface } from '@sandfleet/contract/control-plane';

export type AccessMode = 'view' | 'control';

/** What let a request in, and how far. `local`: it came by the UNIX socket, or from this machine where that is trusted. */
export interface Access {
  readonly kind: 'none' | 'token' | 'key' | 'ticket' | 'cookie' | 'local';
  /** Who it is, where the credential says so. */
  readonly subject?: string;
  readonly mode: AccessMode;
  /** The one surface that the credential is for; all of them when left out. */
  readonly surface?: Surface;
  /** The one port that a preview is held to. */
  readonly port?: number;
  /** Milliseconds since the epoch: what it opened is over then. Left out of what lasts, and behind a gateway. */
  readonly endsAt?: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard before any other hook; undefined on a server without a guard. */
    access?: Access;
  }
  interface FastifyContextConfig {
    /** Needs no credential: the probe, and files that every sandbox has alike. GET and HEAD alone. */
    readonly open?: boolean;
    /** What a credential must open for this route, where its path does not say so. */
    readonly surface?: Surface;
  }
}
