import { KubeClient } from './client.ts';
import { findAccess, type KubeConfigOptions } from './kube-config.ts';
import type { KubeMetrics } from './metrics.ts';

export interface ConnectOptions extends KubeConfigOptions {
  readonly userAgent?: string | undefined;
  readonly metrics?: KubeMetrics | undefined;
  /** Most connections for ordinary calls. */
  readonly connections?: number | undefined;
}

/** A client for the cluster of the kubeconfig, or of the pod this runs in. Connects with the first call. */
export function connect(options: ConnectOptions = {}): KubeClient {
  const { userAgent = 'sandfleet', metrics, connections } = options;
  return new KubeClient({ access: findAccess(options), userAgent, metrics, ...(connections ? { connections } : {}) });
}
