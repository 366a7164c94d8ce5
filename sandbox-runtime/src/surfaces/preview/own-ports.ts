import { ApiError } from '@sandfleet/contract';
import type { FastifyInstance } from 'fastify';

import type { Config } from '../../config.ts';

/** TCP ports of the runtime itself. A preview of one would lead around what guards it. */
export function ownPorts(app: FastifyInstance, config: Config, services: readonly (number | string)[]): ReadonlySet<number> {
  const listening = app.addresses().map((address) => (typeof address === 'string' ? address : address.port));
  const configured = [config.PUBLIC_PORT, config.BROWSER_REMOTE_DEBUGGING_PORT, config.JUPYTER_LAB_PORT, config.TINYPROXY_PORT];
  // Paths of UNIX sockets are out of reach for a preview.
  const ports = [...configured, ...services, ...listening].filter((port) => typeof port === 'number');
  return new Set(ports.filter((port) => port !== 0));
}

/** @throws ApiError FORBIDDEN */
export function refuseOwnPort(port: number, own: ReadonlySet<number>): void {
  if (!own.has(port)) return;
  throw new ApiError('FORBIDDEN', { message: `Port ${port} belongs to the sandbox itself and has no preview.` });
}
