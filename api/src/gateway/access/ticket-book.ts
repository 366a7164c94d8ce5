import { createHash } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';
import { LABELS } from '@sandfleet/crds';
import { isAlreadyExists, isConflict, isNotFound, leases, type KubeClient, type Lease } from '@sandfleet/kube';
import type { Logger } from '@sandfleet/server-kit';

export interface TicketBookOptions {
  readonly client: Pick<KubeClient, 'create' | 'list' | 'delete'>;
  readonly namespace: string;
  /** Who redeemed a ticket, for those who look at the Leases. */
  readonly identity: string;
  readonly log: Logger;
  now(): Date;
}

const REDEEMED = 'redeemed-ticket';
const HASH_LENGTH = 40;
const CREATE_TIMEOUT_SECONDS = 5;
/** Far beyond the life of a ticket (60 s): clocks may differ, and a Lease that goes too early makes a ticket good again. */
const KEEP_SECONDS = 600;
const PAGE = 200;

/**
 * Which tickets were redeemed. Creating an object is atomic in etcd, so of all replicas that see a ticket at once exactly one
 * succeeds, and a restart forgets nothing.
 */
export class TicketBook {
  readonly #options: TicketBookOptions;

  constructor(options: TicketBookOptions) {
    this.#options = options;
  }

  /**
   * True for the first to redeem the ticket, false for all later ones.
   *
   * @throws ApiError KUBERNETES_UNAVAILABLE when that can't be known; the ticket may then be spent.
   */
  async redeem(jti: string): Promise<boolean> {
    const { client, namespace, identity, now } = this.#options;
    const metadata = { name: leaseName(jti), namespace, labels: { [LABELS.type]: REDEEMED } };
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata,
      spec: { holderIdentity: identity, acquireTime: microTime(now()) },
    };
    try {
      await client.create(leases, lease, { timeoutSeconds: CREATE_TIMEOUT_SECONDS });
      return true;
    } catch (cause) {
      if (isAlreadyExists(cause)) return false;
      const message = 'The ticket could not be redeemed, because Kubernetes did not answer.';
      throw new ApiError('KUBERNETES_UNAVAILABLE', { message, cause, retryAfterSeconds: 2 });
    }
  }

  /** Deletes the Leases of tickets that have expired long since. */
  async sweep(signal: AbortSignal): Promise<number> {
    const { client, namespace, log, now } = this.#options;
    const before = now().getTime() - KEEP_SECONDS * 1000;
    let deleted = 0;
    let continueToken: string | undefined;
    do {
      const labelSelector = `${LABELS.type}=${REDEEMED}`;
      const page = await client.list(leases, { namespace, labelSelector, limit: PAGE, continueToken, signal });
      for (const lease of page.items) {
        if (!isOlder(lease, before)) continue;
        await this.#delete(lease, signal);
        deleted++;
      }
      continueToken = page.metadata.continue;
    } while (continueToken !== undefined && continueToken !== '');
    if (deleted > 0) log.debug({ deleted }, 'redeemed tickets swept');
    return deleted;
  }

  async #delete({ metadata: { name, namespace, uid } }: Lease, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.client.delete(leases, { name, namespace, uid }, { signal });
    } catch (error) {
      // Another replica sweeps too.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

export function leaseName(jti: string): string {
  return `ticket-${createHash('sha256').update(jti).digest('hex').slice(0, HASH_LENGTH)}`;
}

function isOlder({ metadata: { creationTimestamp } }: Lease, time: number): boolean {
  return creationTimestamp !== undefined && Date.parse(creationTimestamp) < time;
}

/** Lease times have microseconds. */
function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
