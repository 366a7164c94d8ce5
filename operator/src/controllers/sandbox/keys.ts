import { SANDBOX_KIND } from '@sandfleet/crds';
import { controllerOf, keyOf, type KubeObject } from '@sandfleet/kube';

import type { Caches } from '../../caches.ts';
import { isOurs } from '../../network/widening.ts';
import { nameOf, namespaceOf, sandboxOfClaim } from './names.ts';

/** Tells the keys of the sandboxes that a change concerns, until the returned function is called. */
export function watchKeys(caches: Caches, add: (key: string) => void): () => void {
  const all = () => caches.sandboxes.list().forEach((sandbox) => add(keyOf(sandbox.metadata)));
  const sharing = (policy: string) =>
    caches.sandboxes.byIndex('policy', policy).forEach((sandbox) => add(keyOf(sandbox.metadata)));
  const subscriptions = [
    caches.sandboxes.subscribe(({ type, object }) => {
      add(keyOf(object.metadata));
      // The next oldest of the name takes over the URL.
      if (type === 'deleted') caches.sandboxes.byIndex('name', nameOf(object)).forEach(({ metadata }) => add(keyOf(metadata)));
    }),
    caches.pods.subscribe(({ object }) => sandboxesOfPod(object).forEach(add)),
    caches.claims.subscribe(({ object }) => {
      const name = sandboxOfClaim(nameOf(object));
      if (name !== undefined) add(keyOf({ namespace: namespaceOf(object), name }));
    }),
    caches.services.subscribe(({ object }) => add(keyOf(object.metadata))),
    caches.policies.subscribe(({ object }) => {
      sharing(keyOf(object.metadata));
      if (isOurs(object)) return;
      // It may select any pod of its namespace, and may have selected others before.
      caches.sandboxes.list(namespaceOf(object)).forEach(({ metadata }) => add(keyOf(metadata)));
    }),
    caches.publicKeys.subscribe(all),
  ];
  all();
  return () => subscriptions.forEach((unsubscribe) => unsubscribe());
}

/** The pod's name is the sandbox's; a stray one is known by its controller alone. */
function sandboxesOfPod(pod: KubeObject): readonly string[] {
  const namespace = namespaceOf(pod);
  const controller = controllerOf(pod);
  const names = [nameOf(pod), ...(controller?.kind === SANDBOX_KIND ? [controller.name] : [])];
  return [...new Set(names)].map((name) => keyOf({ namespace, name }));
}
