import { controlPlane } from '@sandfleet/contract/control-plane';
import type { GatewayAddress } from '@sandfleet/crds';
import { createServer, implement, PROBLEM_MEDIA_TYPE, toProblem, type Logger, type Registry } from '@sandfleet/server-kit';
import type { FastifyInstance } from 'fastify';

import type { Authority } from '../auth/authenticate.ts';
import type { KeySets } from '../tokens/key-sets.ts';
import { accessHandlers, type TokenPolicy } from './access-handlers.ts';
import { createAudit } from './audit.ts';
import type { Cluster } from './find-sandbox.ts';
import { createGuard } from './guard.ts';
import { createApiMetrics } from './metrics.ts';
import { ReadyWaits } from './ready-waits.ts';
import { sandboxHandlers } from './sandbox-handlers.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { serverHandlers, type Checks } from './server-handlers.ts';

export interface ApiServerOptions {
  readonly cluster: Cluster;
  readonly gateway: GatewayAddress;
  readonly keys: KeySets;
  readonly policy: TokenPolicy;
  readonly authority: Authority;
  readonly keyCount: () => number;
  readonly ready: Checks;
  readonly version: string;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Aborts when the server stops: who waits then gets the answer there is. */
  readonly stopping: AbortSignal;
}

const BODY_LIMIT = 1024 * 1024;
/** For a request to arrive in full; a body is small here, and one that trickles in holds a connection. */
const REQUEST_SECONDS = 30;
/** Each holds a connection and little else; beyond, answers come at once with ready: false. */
const MAX_WAITS = 2000;

/** The control plane's REST API; it listens to nothing yet. */
export function buildApiServer(options: ApiServerOptions): FastifyInstance {
  const { cluster, gateway, keys, policy, authority, ready, version, log, stopping } = options;
  const app = createServer({
    log,
    metrics: options.metrics,
    bodyLimit: BODY_LIMIT,
    errors: { mediaType: PROBLEM_MEDIA_TYPE, body: toProblem },
  });
  // Fastify reads text/plain by itself, which a form on any web page can send.
  app.removeContentTypeParser('text/plain');
  app.server.requestTimeout = REQUEST_SECONDS * 1000;
  addSecurityHeaders(app);
  const waits = new ReadyWaits(cluster.store, { limit: MAX_WAITS, stopping });
  const metrics = createApiMetrics(options.metrics, { apiKeys: options.keyCount, waits: () => waits.size });
  const audit = createAudit(log);
  const guard = createGuard({ authority, audit, metrics });
  const handlers = {
    ...sandboxHandlers({ cluster, gateway, guard, audit, waits }),
    ...accessHandlers({ cluster, gateway, keys, policy, guard, audit, metrics }),
    ...serverHandlers({ keys, version, ready }),
  };
  implement(app, controlPlane, handlers, { route: guard.routeOptions });
  return app;
}
