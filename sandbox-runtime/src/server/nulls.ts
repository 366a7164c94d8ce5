import type { FastifyInstance } from 'fastify';

/** Published clients send `null` for an optional argument that was given as none; that is the same as leaving it out. */
export function dropNulls(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    const { body } = request;
    if (!isPlainObject(body)) return;
    for (const [key, value] of Object.entries(body)) if (value === null) delete body[key];
  });
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) === Object.prototype
  );
}
