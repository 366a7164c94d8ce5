import { randomUUID } from 'node:crypto';

import type { FastifyInstance } from 'fastify';

const HEADER = 'x-sandfleet-inner-call';

/**
 * Ends calls that were made by `app.inject`. Its own signal ends a request only while its body is read, and by then a handler has
 * hardly begun: here the answer is ended, as it is when a client hangs up, and the handler hears of it in the same way.
 */
export class InnerAborts {
  readonly #signals = new Map<string, AbortSignal>();

  constructor(app: FastifyInstance) {
    app.addHook('onRequest', async ({ headers }, { raw }) => {
      const id = headers[HEADER];
      const signal = typeof id === 'string' ? this.#signals.get(id) : undefined;
      if (signal === undefined) return;
      const end = () => raw.destroy(new Error('The call was given up.', { cause: signal.reason }));
      signal.addEventListener('abort', end, { once: true });
      raw.once('close', () => signal.removeEventListener('abort', end));
    });
  }

  /** @throws the signal's reason when it aborts before the call is over */
  async run<T>(signal: AbortSignal, call: (headers: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    // Nobody outside can guess it, and it is of no use to them: it can only end that one call.
    const id = randomUUID();
    this.#signals.set(id, signal);
    try {
      return await call({ [HEADER]: id });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      this.#signals.delete(id);
    }
  }
}
