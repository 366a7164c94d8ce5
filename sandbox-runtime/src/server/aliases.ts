import type { FastifyInstance } from 'fastify';

/** Route configuration: names under which examples send a field, and the field's own. */
export interface AliasConfig {
  readonly aliases?: Readonly<Record<string, string>>;
}

declare module 'fastify' {
  interface FastifyContextConfig extends AliasConfig {}
}

/** Published examples call some fields by other names than the published interface; both are understood. */
export function acceptAliases(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    const { aliases } = request.routeOptions.config;
    if (aliases === undefined || typeof request.body !== 'object' || request.body === null) return;
    const body = request.body as Record<string, unknown>;
    for (const [alias, name] of Object.entries(aliases)) {
      if (body[name] === undefined && body[alias] !== undefined) body[name] = body[alias];
    }
  });
}
