import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Backoff } from './backoff.ts';
import type { KubeClient } from './client.ts';
import { hasStatus } from './kube-error.ts';
import { recordOf } from './lease-record.ts';
import { leases } from './resources.ts';

export interface LeaseWatchOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onReleased: () => void;
}

/** Tells at once when the lease is given back, so that a hand-over does not wait for the next poll. Only ever a hint. */
export async function watchForRelease({ client, namespace, name, log, signal, onReleased }: LeaseWatchOptions): Promise<void> {
  const backoff = new Backoff({ baseMs: 1000, capMs: 30_000 });
  while (!signal.aborted) {
    try {
      const selection = { namespace, fieldSelector: `metadata.name=${name}`, timeoutSeconds: 300, idleTimeoutSeconds: 310 };
      for await (const { type, object } of client.watch(leases, selection, signal)) {
        backoff.reset();
        if (type === 'DELETED' || recordOf(object).holderIdentity === '') onReleased();
      }
    } catch (err) {
      if (signal.aborted) return;
      if (hasStatus(err, 403)) return log.info({ lease: name }, 'not allowed to watch the lease, polling alone');
      log.debug({ lease: name, err }, 'the watch of the lease broke off');
    }
    await sleep(backoff.next(), undefined, { signal }).catch(() => undefined);
  }
}
