import {
  configMaps,
  isAlreadyExists,
  isNotFound,
  Reflector,
  runController,
  secrets,
  Store,
  WorkQueue,
  type ConfigMap,
  type KubeClient,
  type Secret,
} from '@sandfleet/kube';
import { LABELS, APP_NAME } from '@sandfleet/crds';
import type { Logger } from '@sandfleet/server-kit';

import { generateSigningKeys, toPublicKeys, type KeySets } from '../tokens/key-sets.ts';
import { watchKeySets } from '../tokens/watch-key-sets.ts';

export interface SigningKeysOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly secretName: string;
  readonly configMapName: string;
  readonly keys: KeySets;
  readonly log: Logger;
}

const FIELD_MANAGER = 'sandfleet-api';
const KEY = 'signing-keys';

/**
 * Sees to it that the Secret with the signing keys exists and that the ConfigMap shows their public halves: at start, after a
 * rotation, and when either is deleted or changed by someone. Every replica does the same; the API server lets one create
 * the Secret, and the others take over what that one made.
 */
export async function runSigningKeys(options: SigningKeysOptions, signal: AbortSignal): Promise<void> {
  const { client, namespace, configMapName, log } = options;
  const secret = watchKeySets(options);
  const published = new Store<ConfigMap>();
  const fieldSelector = `metadata.name=${configMapName}`;
  const configMap = new Reflector({ client, type: configMaps, namespace, fieldSelector, store: published, log });
  const queue = new WorkQueue({ name: KEY });
  secret.store.subscribe(() => queue.add(KEY));
  published.subscribe(() => queue.add(KEY));
  const reconcile = () => ensureKeys(options, { secrets: secret.store, published });
  const work = async () => {
    await Promise.all([secret.reflector.synced(signal), configMap.synced(signal)]);
    queue.add(KEY);
    await runController({ name: KEY, queue, concurrency: 1, reconcile, log, signal });
  };
  await Promise.all([secret.reflector.run(signal), configMap.run(signal), untilAborted(work(), signal)]);
}

interface Stores {
  readonly secrets: Store<Secret>;
  readonly published: Store<ConfigMap>;
}

async function ensureKeys(options: SigningKeysOptions, stores: Stores): Promise<void> {
  const { client, namespace, secretName, configMapName, keys, log } = options;
  if (stores.secrets.get(namespace, secretName) === undefined) {
    stores.secrets.upsert(await createOrRead(options));
    return;
  }
  // A Secret that cannot be used is for a person to mend: overwriting it would end every token there is.
  if (!keys.ready) return;
  if (arePublished(options, stores)) return;
  // Another replica may have published a rotation that the watch here has yet to bring, or never will, over a connection that
  // is dead: publishing what was known until now would undo that one's work, and that one would undo this.
  if (!(await readAgain(options, stores)) || arePublished(options, stores)) return;
  const intent = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configMapName, namespace, labels: LABELS_OF_OURS },
    data: toPublicKeys(keys),
  };
  stores.published.upsert(await client.apply(configMaps, intent, { fieldManager: FIELD_MANAGER, force: true }));
  log.info({ configMap: configMapName, kid: keys.podTokens.active.kid }, 'public keys published');
}

function arePublished({ namespace, configMapName, keys }: SigningKeysOptions, { published }: Stores): boolean {
  const live = published.get(namespace, configMapName)?.data ?? {};
  return Object.entries(toPublicKeys(keys)).every(([name, text]) => live[name] === text);
}

/** Takes over the Secret as it is now; false where there is none any more, which the watch will tell too. */
async function readAgain({ client, namespace, secretName }: SigningKeysOptions, stores: Stores): Promise<boolean> {
  try {
    stores.secrets.upsert(await client.get(secrets, { namespace, name: secretName }));
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function createOrRead({ client, namespace, secretName, log }: SigningKeysOptions): Promise<Secret> {
  const stringData = await generateSigningKeys();
  const metadata = { name: secretName, namespace, labels: LABELS_OF_OURS };
  try {
    const created = await client.create(
      secrets,
      { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData },
      { fieldManager: FIELD_MANAGER },
    );
    log.info({ secret: secretName }, 'signing keys made');
    return created;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return client.get(secrets, { namespace, name: secretName });
  }
}

const LABELS_OF_OURS = { [LABELS.name]: APP_NAME, [LABELS.managedBy]: APP_NAME };

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
