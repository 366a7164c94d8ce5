import { VERSION, type Logger } from '@sandfleet/server-kit';
import type { FastifyInstance } from 'fastify';

const PLACES = [
  ['dashboard', 'GET', '/'],
  ['api', 'GET', '/v1/sandbox'],
  ['openapi', 'GET', '/v1/openapi.json'],
  ['docs', 'GET', '/v1/docs'],
  ['mcp', 'POST', '/mcp'],
  ['terminal', 'GET', '/terminal'],
  ['manual', 'GET', '/llms.txt'],
  ['metrics', 'GET', '/metrics'],
] as const;

/** The banner: one line with what there is and where. */
export function announce(app: FastifyInstance, address: string, log: Logger): void {
  const urls = PLACES.filter(([, method, url]) => app.hasRoute({ method, url })).map(([name, , url]) => [
    name,
    `${address}${url}`,
  ]);
  log.info({ address, version: VERSION, urls: Object.fromEntries(urls) }, 'runtime ready');
}
