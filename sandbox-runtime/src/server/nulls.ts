import type { FastifyInstance } from 'fastify';

/** Route configuration: fields of the body for which null says something else than leaving them out. */
export interface NullConfig {
  readonly keepsNull?: readonly string[];
}

declare module 'fastify' {
  interface FastifyContextConfig extends NullConfig {}
}

/** Published clients send `null` for an optional argument that was given as none; that is the same as leaving it out. */
export function dropNulls(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    const { body } = request;
    if (!isPlainObject(body)) return;
    const { keepsNull } = request.routeOptions.config;
    for (const [key, value] of Object.entries(body)) if (value === null && keepsNull?.includes(key) !== true) delete body[key];
  });
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) === Object.prototype
  );
}
