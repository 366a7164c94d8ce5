import type { KubeClient } from './client.ts';
import { isConflict, isNotFound } from './kube-error.ts';
import { heldRecord, type LeaseRecord, recordOf, releasedRecord } from './lease-record.ts';
import { type Lease, leases } from './resources.ts';

export interface LeaseLockOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationSeconds: number;
}

/** Reads and writes of one Lease. Each write holds the resourceVersion last seen: of two writers one gets a 409. */
export class LeaseLock {
  readonly #options: LeaseLockOptions;
  #lease: Lease | undefined;
  #record: LeaseRecord | undefined;
  /** When the record was first seen as it is, on the monotonic clock. */
  #changedAt = 0;

  constructor(options: LeaseLockOptions) {
    this.#options = options;
  }

  /** True when another candidate was the holder as of the last read. */
  get isTaken(): boolean {
    const holder = this.#record?.holderIdentity ?? '';
    return holder !== '' && holder !== this.#options.identity;
  }

  /** Takes the lease when it is free, run out, or ours from before. */
  async take(signal: AbortSignal): Promise<boolean> {
    await this.#read(signal);
    if (!this.#lease) return this.#create(signal);
    if (this.isTaken && !this.#hasRunOut()) return false;
    return this.#hold(signal);
  }

  /** Keeps the lease. Never takes it back from another: that one has started to work. */
  async renew(signal: AbortSignal): Promise<boolean> {
    // One call instead of two in the common case; after a conflict the lease is not in mind, and read first.
    if (!this.#lease) await this.#read(signal);
    if (!this.#lease) return this.#create(signal);
    return this.isTaken ? false : this.#hold(signal);
  }

  async release(signal: AbortSignal): Promise<void> {
    if (!this.#lease) await this.#read(signal);
    if (!this.#lease || !this.#record || this.#record.holderIdentity !== this.#options.identity) return;
    await this.#write(releasedRecord(this.#record, new Date()), signal);
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { client, namespace, name } = this.#options;
    try {
      this.#observe(await client.get(leases, { namespace, name }, { signal }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#lease = undefined;
      this.#record = undefined;
    }
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity, leaseDurationSeconds } = this.#options;
    const spec = heldRecord(undefined, identity, leaseDurationSeconds, new Date());
    const lease: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name }, spec };
    this.#observe(await client.create(leases, lease, { signal }));
    return true;
  }

  async #hold(signal: AbortSignal): Promise<boolean> {
    const { identity, leaseDurationSeconds } = this.#options;
    await this.#write(heldRecord(this.#record, identity, leaseDurationSeconds, new Date()), signal);
    return true;
  }

  async #write(record: LeaseRecord, signal: AbortSignal): Promise<void> {
    if (!this.#lease) throw new TypeError('a lease is read before it is written');
    try {
      const lease = { ...this.#lease, spec: { ...this.#lease.spec, ...record } };
      this.#observe(await this.#options.client.replace(leases, lease, { signal }));
    } catch (error) {
      // Stale, or deleted: the next try reads it again.
      if (isConflict(error) || isNotFound(error)) this.#lease = undefined;
      throw error;
    }
  }

  #observe(lease: Lease): void {
    const record = recordOf(lease);
    // Labels and annotations may change without a sign of life from the holder.
    const changed = !this.#record || JSON.stringify(record) !== JSON.stringify(this.#record);
    this.#lease = lease;
    this.#record = record;
    if (changed) this.#changedAt = performance.now();
  }

  #hasRunOut(): boolean {
    const seconds = this.#record?.leaseDurationSeconds || this.#options.leaseDurationSeconds;
    return performance.now() - this.#changedAt >= seconds * 1000;
  }
}
