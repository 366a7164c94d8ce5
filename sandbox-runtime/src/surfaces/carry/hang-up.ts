import type { FastifyReply, FastifyRequest } from 'fastify';

/** Aborts when the caller goes away before its answer is complete, also one that waits for a WebSocket. */
export function hangUpSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the client hung up', { cause: request.id }));
  });
  return controller.signal;
}
