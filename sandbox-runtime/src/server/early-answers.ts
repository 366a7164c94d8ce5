import type { FastifyInstance } from 'fastify';

/** What a client gets to stop, or to send the rest of its body. */
const UNREAD_BODY_MS = 5000;

/**
 * Lets answers reach their clients that are given before the whole body came, such as to one that is too large. Closing a
 * connection on which bytes are unread resets it, and the reset takes the answer along; so the connection stays, and for a
 * while the rest of the body is read and thrown away.
 */
export function letEarlyAnswersArrive(app: FastifyInstance): void {
  app.addHook('onSend', async ({ raw }, reply) => {
    if (raw.complete || reply.getHeader('connection') !== 'close') return;
    reply.removeHeader('connection');
    const timer = setTimeout(() => raw.destroy(), UNREAD_BODY_MS).unref();
    raw.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer));
    // Whoever read it has stopped; the rest flows on into nothing.
    raw.resume();
  });
}
