import type { FastifyInstance } from 'fastify';

import { previewPortOf } from '../../server/auth/preview-port.ts';

const NAME = 'preview';
/** The one value of the constraint: which port it is, the route reads itself. */
const BY_HEADERS = 'by headers';

/** What a route is told by to be the one for requests that their headers send to a port. */
export const PREVIEW_BY_HEADERS = { [NAME]: BY_HEADERS };

/**
 * Keeps requests that their host or `x-aio-proxy-port` sends to a port away from all routes of the server's own, whatever their
 * path: a preview has the whole path for itself. The router decides, so the guard's hooks see such a request like any other.
 * It is called before the first route is there: the router holds earlier ones open to all.
 */
export function separatePreviewHosts(app: FastifyInstance): void {
  app.addConstraintStrategy({
    name: NAME,
    storage: () => {
      const routes = new Map<unknown, never>();
      return {
        get: (value: unknown) => routes.get(value) ?? null,
        set: (value: unknown, route: never) => void routes.set(value, route),
      };
    },
    validate: () => {},
    mustMatchWhenDerived: true,
    deriveConstraint: ({ headers }: { readonly headers: Parameters<typeof previewPortOf>[0] }) =>
      previewPortOf(headers) === undefined ? undefined : BY_HEADERS,
  });
}
