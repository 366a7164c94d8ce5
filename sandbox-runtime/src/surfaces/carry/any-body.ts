import type { FastifyInstance } from 'fastify';

/** What is passed on; TRACE would show the caller what we added. */
export const CARRIED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Leaves the bodies of a scope's requests unread, whatever they are and however long: they are streamed on. */
export function acceptAnyBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _body, done) => done(null));
}
