import { isDeepStrictEqual } from 'node:util';

import { LABELS, type Sandbox, type SandboxStatus } from '@sandfleet/crds';
import {
  isAlreadyExists,
  isControlledBy,
  isNotFound,
  parseKey,
  runController,
  WorkQueue,
  type Applier,
  type EventRecorder,
  type KubeClient,
  type KubeMetrics,
  type KubeObject,
} from '@sandfleet/kube';
import type { Logger } from '@sandfleet/server-kit';

import { sandboxes } from '../../kinds.ts';
import type { PolicyGate } from '../../network/policy-gate.ts';
import { typeOf } from '../children.ts';
import { hasDrifted } from '../drift.ts';
import { remove, write } from '../write.ts';
import { watchKeys } from './keys.ts';
import { isLeftOver, isOrphanOf, nameOf, namespaceOf, uidOf } from './names.ts';
import { observe, type Observer } from './observe.ts';
import { reconcile } from './reconcile.ts';
import { isChildKind, isRefusal, refusalMessage, Refusals } from './refusals.ts';

export interface SandboxControllerOptions extends Observer {
  readonly client: KubeClient;
  readonly applier: Applier;
  readonly gate: PolicyGate;
  readonly events: EventRecorder;
  readonly concurrency: number;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
}

const NAME = 'sandbox';
const RETRY_SECONDS = 1;

/** Runs until the signal aborts and the passes under way are done. */
export async function runSandboxController(options: SandboxControllerOptions, signal: AbortSignal): Promise<void> {
  const { caches, concurrency, log, metrics } = options;
  const queue = new WorkQueue({ name: NAME, metrics });
  const controller = new SandboxController(options);
  const unwatch = watchKeys(caches, (key) => queue.add(key));
  const pass = (key: string, context: { readonly log: Logger }) => controller.reconcile(key, context.log);
  try {
    await runController({ name: NAME, queue, concurrency, reconcile: pass, log, metrics, signal });
  } finally {
    unwatch();
  }
}

/** `done`, or why the rest of the pass would be premature. */
type Written = 'done' | 'later';

class SandboxController {
  readonly #options: SandboxControllerOptions;
  readonly #refusals = new Refusals();

  constructor(options: SandboxControllerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, log: Logger): Promise<{ requeueAfterSeconds?: number } | void> {
    const { caches, applier, events } = this.#options;
    const { namespace, name } = parseKey(key);
    const sandbox = caches.sandboxes.get(namespace, name);
    if (sandbox === undefined) return this.#refusals.forget(key);
    const observed = observe(this.#options, sandbox, this.#refusals.of(key, uidOf(sandbox)));
    const desired = reconcile(observed, new Date());
    for (const object of desired.apply) {
      // What could not be written changes what is to be told: the next pass sees it and tells.
      if ((await this.#write(key, sandbox, object)) === 'later') return { requeueAfterSeconds: RETRY_SECONDS };
      log.info({ kind: object.kind, name: nameOf(object), uid: object.metadata.uid }, 'written');
    }
    // First the status, then the deletes: it keeps what the pod that goes away can tell no more.
    if (desired.status !== undefined) await this.#writeStatus(sandbox, desired.status, log);
    for (const reference of desired.delete) {
      await remove(applier, reference);
      log.info({ kind: reference.kind, name: reference.name, uid: reference.uid }, 'deleted');
    }
    for (const event of desired.events) events.record({ regarding: sandbox, ...event });
    return desired.requeueAfterSeconds === undefined ? {} : { requeueAfterSeconds: desired.requeueAfterSeconds };
  }

  async #write(key: string, sandbox: Sandbox, object: KubeObject): Promise<Written> {
    try {
      const written = await this.#writeUnderPolicy(object);
      if (written === 'done' && isChildKind(object.kind)) this.#refusals.clear(key, object.kind);
      return written;
    } catch (error) {
      return this.#afterFailure(key, { sandbox, object, error });
    }
  }

  /** A pod is written only while its policy is there and cannot be removed; see `PolicyLeases`. */
  async #writeUnderPolicy(object: KubeObject): Promise<Written> {
    const { applier, gate } = this.#options;
    const label = object.metadata.labels?.[LABELS.network];
    if (object.kind === 'Pod' && label !== undefined) {
      return (await gate.under(namespaceOf(object), label, () => write(applier, object))) ? 'done' : 'later';
    }
    await write(applier, object);
    return 'done';
  }

  async #afterFailure(
    key: string,
    { sandbox, object, error }: { readonly sandbox: Sandbox; readonly object: KubeObject; readonly error: unknown },
  ): Promise<Written> {
    const { kind } = object;
    const isCreate = object.metadata.uid === undefined;
    if (!isCreate || !isChildKind(kind)) throw error;
    const add = (refusal: { kind: 'NameTaken' | 'Refused'; message: string }) =>
      this.#refusals.add(key, uidOf(sandbox), { kind, refusal, now: new Date() });
    if (isRefusal(error)) add({ kind: 'Refused', message: refusalMessage(error) });
    else if (isAlreadyExists(error)) {
      if (!(await this.#find(sandbox, object))) add({ kind: 'NameTaken', message: '' });
    } else throw error;
    return 'later';
  }

  /** Looks at the object that a create ran into: one of ours that the cache does not have is brought back into it. */
  async #find(sandbox: Sandbox, { apiVersion, kind, metadata }: KubeObject): Promise<boolean> {
    const { name, namespace = '', labels = {} } = metadata;
    try {
      const live = await this.#options.client.get(typeOf(kind), { name, namespace });
      const isOwn = isControlledBy(live, sandbox);
      if (!isOwn && !isOrphanOf(live, sandbox) && !isLeftOver(live, sandbox)) return false;
      // The watch knows objects by their labels: one that somebody took the labels from would stay unknown, and its name taken.
      if (isOwn && hasDrifted(live.metadata.labels, labels)) {
        await this.#writeUnderPolicy({ apiVersion, kind, metadata: { name, namespace, uid: uidOf(live), labels } });
      }
      return true;
    } catch (error) {
      // It went away in between: the next create will do.
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  async #writeStatus(sandbox: Sandbox, status: SandboxStatus, log: Logger): Promise<void> {
    if (isDeepStrictEqual(sandbox.status, status)) return;
    const { apiVersion, kind } = sandbox;
    const metadata = { name: nameOf(sandbox), namespace: namespaceOf(sandbox), uid: uidOf(sandbox) };
    try {
      await this.#options.applier.apply(sandboxes, { apiVersion, kind, metadata, status }, { subresource: 'status' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    if (sandbox.status?.phase !== status.phase) log.info({ phase: status.phase, before: sandbox.status?.phase }, 'phase changed');
  }
}
