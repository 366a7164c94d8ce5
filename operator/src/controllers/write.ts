import { KubeError, type Applier, type KubeObject } from '@sandfleet/kube';

import { typeOf } from './children.ts';
import type { ObjectReference } from './desired.ts';

/** Creates an object without a uid, which must not exist; applies one with a uid, found to differ, to just that object. */
export async function write(applier: Applier, object: KubeObject): Promise<void> {
  const type = typeOf(object.kind);
  if (object.metadata.uid === undefined) {
    await applier.create(type, object);
    return;
  }
  try {
    await applier.apply(type, object, { always: true });
  } catch (error) {
    throw isOtherObject(error) ? asConflict(error) : error;
  }
}

export async function remove(applier: Applier, { kind, namespace, name, uid }: ObjectReference): Promise<void> {
  await applier.delete(typeOf(kind), { namespace, name, uid });
}

/** An apply that names a uid is refused as invalid when the name has another object by now: a stale read, no more. */
const isOtherObject = (error: unknown): error is KubeError =>
  error instanceof KubeError &&
  error.status === 422 &&
  (error.details?.causes ?? []).some(({ field }) => field === 'metadata.uid');

const asConflict = (cause: KubeError): KubeError =>
  new KubeError({ status: 409, reason: 'Conflict', message: cause.message, cause });
