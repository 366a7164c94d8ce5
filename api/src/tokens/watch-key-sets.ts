import { Reflector, secrets, Store, type KubeClient, type Secret } from '@sandfleet/kube';
import type { Logger } from '@sandfleet/server-kit';

import { KeySetError } from './key-set.ts';
import type { KeySets } from './key-sets.ts';

export interface WatchKeySetsOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly secretName: string;
  readonly keys: KeySets;
  readonly log: Logger;
}

export interface WatchedSecret {
  readonly store: Store<Secret>;
  readonly reflector: Reflector<Secret>;
}

/** Keeps `keys` like their Secret: a rotation needs no restart. The caller runs the reflector. */
export function watchKeySets({ client, namespace, secretName, keys, log }: WatchKeySetsOptions): WatchedSecret {
  const store = new Store<Secret>();
  store.subscribe(({ type, object }) => {
    if (type !== 'deleted') return take(object, keys, log);
    log.error({ secret: secretName }, 'the signing keys are gone; nothing can be signed or verified without them');
    keys.clear();
  });
  // RBAC grants a watch of this one Secret by its name only where the selector names it too.
  const fieldSelector = `metadata.name=${secretName}`;
  return { store, reflector: new Reflector({ client, type: secrets, namespace, fieldSelector, store, log }) };
}

function take(secret: Secret, keys: KeySets, log: Logger): void {
  try {
    keys.update(decodeSecret(secret));
    log.info({ secret: secret.metadata.name, kid: keys.sandboxTokens.active.kid }, 'signing keys loaded');
  } catch (error) {
    if (!(error instanceof KeySetError)) throw error;
    log.error({ secret: secret.metadata.name, problem: error.message, kept: keys.ready }, 'the signing keys cannot be used');
  }
}

/** The entries of a Secret as text. */
export function decodeSecret({ data = {} }: Secret): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]));
}
