import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

import { DURATION_BUCKETS } from './metrics.ts';

/** Request times by route pattern: a path or an id as a label would make a series a sandbox. */
export function observeRequests(app: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['method', 'route', 'code'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe({ method: request.method, route, code: reply.statusCode }, reply.elapsedTime / 1000);
  });
}
