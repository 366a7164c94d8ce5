import { LABELS } from '@sandfleet/crds';
import type { Secret } from '@sandfleet/kube';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

import { isGrantedVerb, type GrantedVerb } from './verbs.ts';

const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$';

/** What the Secret says of a key, under `spec`. */
const KeySpec = Type.Object({
  name: Type.String({ pattern: NAME_PATTERN }),
  namespace: Type.String({ pattern: NAME_PATTERN }),
  verbs: Type.Array(Type.String(), { minItems: 1, maxItems: 32 }),
  createdAt: Type.String({ format: 'date-time' }),
  expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
});

export interface ApiKeyRecord {
  readonly name: string;
  /** The tenant: the one namespace whose sandboxes the key reaches. */
  readonly namespace: string;
  readonly verbs: readonly GrantedVerb[];
  readonly createdAt: Date;
  readonly expiresAt?: Date | undefined;
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string;
}

export const KEY_TYPE = 'api-key';
export const KEY_SELECTOR = `${LABELS.type}=${KEY_TYPE}`;
const SECRET_PREFIX = 'sandfleet-api-key-';

export const secretNameOf = (keyName: string): string => `${SECRET_PREFIX}${keyName}`;
export const isKeyName = (text: string): boolean => new RegExp(NAME_PATTERN).test(text);

export function toKeySecret(record: ApiKeyRecord, releaseNamespace: string): Secret {
  const { hash, name, namespace, verbs, createdAt, expiresAt } = record;
  const spec = {
    name,
    namespace,
    verbs,
    createdAt: createdAt.toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretNameOf(name), namespace: releaseNamespace, labels: { [LABELS.type]: KEY_TYPE } },
    type: 'Opaque',
    immutable: true,
    data: { hash: encode(hash), spec: encode(JSON.stringify(spec)) },
  };
}

/** Reads a key's Secret; a text instead of a record says why it cannot be one. A key that is not understood opens nothing. */
export function parseKeySecret({ metadata, data = {} }: Secret): ApiKeyRecord | string {
  const hash = decode(data['hash']).trim();
  if (!/^[0-9a-f]{64}$/.test(hash)) return 'hash must be a SHA-256 in hex';
  const spec = parseSpec(decode(data['spec']));
  if (spec === undefined) return 'spec must be JSON with name, namespace, verbs and createdAt';
  if (metadata.name !== secretNameOf(spec.name)) return `spec.name ${spec.name} does not fit the name of the Secret`;
  const unknown = spec.verbs.find((verb) => !isGrantedVerb(verb));
  if (unknown !== undefined) return 'spec.verbs has a verb that is not known';
  return {
    name: spec.name,
    namespace: spec.namespace,
    verbs: spec.verbs.filter(isGrantedVerb),
    createdAt: new Date(spec.createdAt),
    ...(spec.expiresAt === undefined ? {} : { expiresAt: new Date(spec.expiresAt) }),
    hash,
  };
}

function parseSpec(text: string): Static<typeof KeySpec> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Value.Check(KeySpec, value)) return undefined;
    const times = [value.createdAt, value.expiresAt ?? value.createdAt];
    // A moment that cannot be read would never come: the key would not expire.
    return times.every((time) => Number.isFinite(Date.parse(time))) ? value : undefined;
  } catch {
    return undefined;
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString('utf8');
