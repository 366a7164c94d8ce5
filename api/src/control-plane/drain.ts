import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';

export interface Drain {
  /** Goes on serving for a while, then finishes the requests that are under way, and closes every connection. */
  stop(): Promise<void>;
}

export interface DrainOptions {
  /** Aborts when the server is to stop. */
  readonly stopping: AbortSignal;
  /** Time to go on serving, until no Service leads here any more. */
  readonly delaySeconds: number;
  /** Time for the requests that are under way by then. */
  readonly closeSeconds: number;
}

/**
 * Node counts a connection as busy that was opened and has sent nothing yet, as load balancers and browsers keep them, and
 * waits for it; so requests are counted here, and with the last of them the connections go.
 */
export function prepareDrain(app: FastifyInstance, { stopping, delaySeconds, closeSeconds }: DrainOptions): Drain {
  let open = 0;
  let closing = false;
  const closeWhenDone = () => {
    if (closing && open === 0) app.server.closeAllConnections();
  };
  app.addHook('onRequest', async (_request, reply) => {
    open += 1;
    reply.raw.once('close', () => {
      open -= 1;
      closeWhenDone();
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.aborted) reply.header('connection', 'close');
  });
  return {
    async stop() {
      await sleep(delaySeconds * 1000);
      const cut = setTimeout(() => app.server.closeAllConnections(), closeSeconds * 1000);
      closing = true;
      const closed = app.close();
      closeWhenDone();
      await closed;
      clearTimeout(cut);
    },
  };
}
