import type { KubeObject, OwnerReference } from './object.ts';

/** A reference that makes `owner` the controller: children go with it, and in foreground deletion go first. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return { ...ownerReference(owner), controller: true, blockOwnerDeletion: true };
}

/** A plain reference: the object is collected when all of its owners are gone. */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  if (!metadata.uid) throw new TypeError(`${kind} "${metadata.name}" has no uid yet: it can own nothing before it is created`);
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid };
}

/** The one owner that controls the object, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** True when this very owner controls the object; one of the same name that was made anew does not. */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return owner.metadata.uid !== undefined && controllerOf(object)?.uid === owner.metadata.uid;
}
