import { APP_NAME, LABELS, SANDBOX_APP_NAME, SANDBOX_KIND, type Sandbox } from '@sandfleet/crds';
import { controllerOf, type KubeObject } from '@sandfleet/kube';

export const nameOf = (object: KubeObject): string => object.metadata.name;
// An object that was read from the API server has both; one that is still to be written has no uid, and is not asked for it.
export const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? '';
export const uidOf = (object: KubeObject): string => object.metadata.uid ?? '';

const CLAIM_SUFFIX = '-workspace';

export const claimName = (sandboxName: string): string => `${sandboxName}${CLAIM_SUFFIX}`;

/** Name of the sandbox that a claim is for; undefined for claims that are not named like ours. */
export function sandboxOfClaim(name: string): string | undefined {
  return name.endsWith(CLAIM_SUFFIX) ? name.slice(0, -CLAIM_SUFFIX.length) : undefined;
}

/** Labels of every child of the sandbox. */
export const childLabels = (sandbox: Sandbox): Record<string, string> => ({
  [LABELS.name]: SANDBOX_APP_NAME,
  [LABELS.managedBy]: APP_NAME,
  [LABELS.sandbox]: nameOf(sandbox),
  [LABELS.sandboxUid]: uidOf(sandbox),
});

/** A child that an earlier sandbox of this name left behind on purpose: a retained volume, or what --cascade=orphan spared. */
export function isOrphanOf(object: KubeObject, sandbox: Sandbox): boolean {
  const { labels } = object.metadata;
  return (
    controllerOf(object) === undefined &&
    labels?.[LABELS.managedBy] === APP_NAME &&
    labels[LABELS.name] === SANDBOX_APP_NAME &&
    labels[LABELS.sandbox] === nameOf(sandbox)
  );
}

/** A child of a former sandbox of this name, which is gone: the garbage collector is about to remove it. */
export function isLeftOver(object: KubeObject, sandbox: Sandbox): boolean {
  const controller = controllerOf(object);
  return controller?.kind === SANDBOX_KIND && controller.name === nameOf(sandbox) && controller.uid !== uidOf(sandbox);
}

export const isTerminating = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;
