import type { KubeObject, ObjectRef } from './object.ts';

declare const objectOf: unique symbol;

/** What the client must know of a kind to reach it, and, for the compiler, the type of its objects. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly [objectOf]?: T;
}

export function defineResource<T extends KubeObject>(type: Omit<ResourceType<T>, typeof objectOf>): ResourceType<T> {
  return Object.freeze({ ...type });
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The collection's path; without a namespace, that of all namespaces. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  if (!namespace) return `${root}/${type.plural}`;
  if (!type.namespaced) throw new TypeError(`${type.kind} is cluster-scoped: leave the namespace ("${namespace}") out`);
  return `${root}/namespaces/${segment(namespace)}/${type.plural}`;
}

/** The path of one object. */
export function objectPath(type: ResourceType, ref: ObjectRef, subresource?: string): string {
  // Without its name the path is that of the whole collection: a delete would take everything.
  if (!ref.name) throw new TypeError(`a ${type.kind} needs a name`);
  if (type.namespaced && !ref.namespace) throw new TypeError(`${type.kind} "${ref.name}" needs a namespace`);
  const path = `${collectionPath(type, type.namespaced ? ref.namespace : undefined)}/${segment(ref.name)}`;
  return subresource ? `${path}/${segment(subresource)}` : path;
}

/** The API server knows no name with these characters; escaping alone would let `..` climb out of the collection. */
function segment(value: string): string {
  if (value === '.' || value === '..' || value.includes('/') || value.includes('%')) {
    throw new TypeError(`"${value}" cannot be part of a Kubernetes path`);
  }
  return encodeURIComponent(value);
}
