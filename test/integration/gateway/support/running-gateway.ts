import { createKubeMetrics } from '@sandfleet/kube';
import { createLogger, loadConfig, Registry } from '@sandfleet/server-kit';

import { GatewayConfig } from '../../../../api/src/gateway/config.ts';
import { runGateway } from '../../../../api/src/gateway/run-gateway.ts';
import { freePorts } from '../../../support/child-process.ts';
import type { World } from './world.ts';

export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  readonly adminUrl: string;
  /** Calls to the API server so far, watches included. */
  kubeRequests(): Promise<number>;
  stop(): Promise<void>;
}

/** A gateway in this process, with its service account's rights. Pods are on loopback, which a gateway outside of tests refuses. */
export async function startGateway(world: World, { hasOwnPodAddresses = false } = {}): Promise<RunningGateway> {
  const [adminPort = 0] = await freePorts(1);
  const config = loadConfig(GatewayConfig, {
    SANDFLEET_NAMESPACE: world.release,
    SANDFLEET_STOP_DELAY_SECONDS: '0',
    SANDFLEET_DRAIN_SECONDS: '0',
    HOST: '127.0.0.1',
    PORT: '0',
    ADMIN_PORT: String(adminPort),
  });
  const registry = new Registry();
  const stopping = new AbortController();
  const log = createLogger({ name: 'gateway', level: 'silent' });
  let running: Promise<void> = Promise.resolve();
  // The client counts its calls where the test looks for them.
  const kubeMetrics = createKubeMetrics(registry);
  const client = await world.gatewayClient(kubeMetrics);
  const port = await new Promise<number>((resolve, reject) => {
    const loopback = hasOwnPodAddresses ? {} : { isDialable: (address: string) => address.startsWith('127.') };
    const options = { client, config, log, registry, kubeMetrics, onListening: resolve, ...loopback };
    running = runGateway(options, stopping.signal);
    running.catch(reject);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    async kubeRequests() {
      const metrics = await registry.getMetricsAsJSON();
      const requests = metrics.find(({ name }) => name === 'rest_client_requests_total');
      if (requests === undefined) throw new Error('there is no count of the calls to the API server');
      return requests.values.reduce((sum, { value }) => sum + value, 0);
    },
    async stop() {
      stopping.abort(new Error('the test is over'));
      await running;
    },
  };
}
