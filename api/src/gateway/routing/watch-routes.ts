import { LABELS, SANDBOX_APP_NAME, APP_NAME, SANDBOX_RESOURCE, type Sandbox } from '@sandfleet/crds';
import {
  defineResource,
  pods,
  Reflector,
  Store,
  type Change,
  type KubeClient,
  type KubeMetrics,
  type Pod,
} from '@sandfleet/kube';
import type { Logger } from '@sandfleet/server-kit';

import type { Effects, RouteTable } from './route-table.ts';
import { slimPod, slimSandbox } from './slim.ts';
import { podView, sandboxView } from './views.ts';

export interface WatchRoutesOptions {
  readonly client: KubeClient;
  /** The one namespace with sandboxes; all when undefined. */
  readonly namespace: string | undefined;
  readonly routes: RouteTable;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
  onEffects(effects: Effects): void;
}

export interface RouteReflectors {
  readonly sandboxes: Reflector<Sandbox>;
  readonly pods: Reflector<Pod>;
}

const sandboxes = defineResource<Sandbox>(SANDBOX_RESOURCE);

/** Keeps the routes like the cluster. The caller runs the reflectors. */
export function watchRoutes({ client, namespace, routes, log, metrics, onEffects }: WatchRoutesOptions): RouteReflectors {
  const sandboxStore = new Store<Sandbox>();
  const podStore = new Store<Pod>();
  sandboxStore.subscribe((change) => onEffects(takeSandbox(routes, change)));
  podStore.subscribe((change) => onEffects(takePod(routes, change)));
  const labelSelector = `${LABELS.managedBy}=${APP_NAME},${LABELS.name}=${SANDBOX_APP_NAME}`;
  const common = { client, namespace, log, metrics };
  return {
    sandboxes: new Reflector({ ...common, type: sandboxes, store: sandboxStore, transform: slimSandbox }),
    pods: new Reflector({ ...common, type: pods, labelSelector, store: podStore, transform: slimPod }),
  };
}

const NONE: Effects = { retired: [], closed: [] };

export function takeSandbox(routes: RouteTable, { type, object }: Change<Sandbox>): Effects {
  const view = sandboxView(object);
  if (view === undefined) return NONE;
  return type === 'deleted' ? routes.removeSandbox(view) : routes.setSandbox(view);
}

/** A pod that stops being what the operator made, by a change of its label or its owner, is as good as gone. */
export function takePod(routes: RouteTable, { type, object, old }: Change<Pod>): Effects {
  const view = podView(object);
  if (view !== undefined) return type === 'deleted' ? routes.removePod(view) : routes.setPod(view);
  const before = old === undefined ? undefined : podView(old);
  return before === undefined ? NONE : routes.removePod(before);
}
