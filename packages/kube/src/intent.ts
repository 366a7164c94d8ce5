import { createHash } from 'node:crypto';
import type { KubeObject } from './object.ts';

/**
 * What we claim to own: server-side apply takes each field that is sent, so nothing the server fills in may be among them.
 * `resourceVersion` stays, where given: it makes the apply conditional.
 */
export function toIntent(object: KubeObject, subresource?: string): KubeObject {
  const { apiVersion, kind, metadata, status, ...rest } = object;
  const { name, namespace, uid, resourceVersion, labels, annotations, finalizers, ownerReferences } = metadata;
  const identity = compact({ name, namespace, uid, resourceVersion });
  if (subresource === 'status') return { apiVersion, kind, metadata: identity, status };
  return {
    apiVersion,
    kind,
    metadata: { ...identity, ...compact({ labels, annotations, finalizers, ownerReferences }) },
    ...rest,
  };
}

/** Same fields in the same order give the same hash. Another order costs one apply too many, nothing else. */
export function hashOf(intent: KubeObject): string {
  const { resourceVersion: _condition, ...metadata } = intent.metadata;
  return createHash('sha256')
    .update(JSON.stringify({ ...intent, metadata }))
    .digest('base64');
}

/**
 * True when the live value has all that the intent says. Where the server writes a value in another form ("1000m" as "1") the
 * answer is false, which costs an apply; it is never true for a difference.
 */
export function holds(live: unknown, intent: unknown): boolean {
  if (intent === undefined || Object.is(live, intent)) return true;
  if (typeof intent !== 'object' || intent === null || typeof live !== 'object' || live === null) return false;
  if (Array.isArray(intent)) {
    return Array.isArray(live) && live.length === intent.length && intent.every((item, i) => holds(live[i], item));
  }
  if (Array.isArray(live)) return false;
  // A key that only the prototype has is absent: JSON has no inherited fields.
  return Object.entries(intent).every(
    ([key, value]) => value === undefined || (Object.hasOwn(live, key) && holds((live as Record<string, unknown>)[key], value)),
  );
}

function compact<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // Every undefined field is left out, so the ones that are there have a value.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
