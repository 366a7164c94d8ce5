import { timingSafeEqual } from 'node:crypto';

import { Reflector, secrets, Store, type KubeClient, type Secret } from '@sandfleet/kube';
import type { Logger } from '@sandfleet/server-kit';

import { hashApiKey } from './api-key.ts';
import { KEY_SELECTOR, parseKeySecret, type ApiKeyRecord } from './key-secret.ts';

/** The API keys by their hashes, as last seen in their Secrets. */
export class KeyRegistry {
  readonly #byHash = new Map<string, ApiKeyRecord>();
  readonly #hashByUid = new Map<string, string>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  get size(): number {
    return this.#byHash.size;
  }

  find(key: string): ApiKeyRecord | undefined {
    const hash = hashApiKey(key);
    const record = this.#byHash.get(hash);
    // What the look-up's time could tell is about the hash, which no one can steer; the comparison tells nothing at all.
    return record !== undefined && timingSafeEqual(Buffer.from(record.hash), Buffer.from(hash)) ? record : undefined;
  }

  set(secret: Secret): void {
    this.delete(secret);
    const record = parseKeySecret(secret);
    if (typeof record === 'string') {
      this.#log.warn({ secret: secret.metadata.name, problem: record }, 'an API key cannot be used');
      return;
    }
    this.#byHash.set(record.hash, record);
    this.#hashByUid.set(uidOf(secret), record.hash);
  }

  delete(secret: Secret): void {
    const hash = this.#hashByUid.get(uidOf(secret));
    if (hash === undefined) return;
    this.#hashByUid.delete(uidOf(secret));
    this.#byHash.delete(hash);
  }
}

const uidOf = ({ metadata }: Secret): string => metadata.uid ?? metadata.name;

export interface WatchKeysOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly registry: KeyRegistry;
  readonly log: Logger;
}

/** Keeps the registry like the cluster: a revoked key is out as soon as the watch tells. The caller runs the reflector. */
export function watchKeys({ client, namespace, registry, log }: WatchKeysOptions): Reflector<Secret> {
  const store = new Store<Secret>();
  store.subscribe(({ type, object }) => (type === 'deleted' ? registry.delete(object) : registry.set(object)));
  return new Reflector({ client, type: secrets, namespace, labelSelector: KEY_SELECTOR, store, log });
}
