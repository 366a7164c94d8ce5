import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Buckets in seconds for request times: from a cache hit to a long-running command. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** One registry a process, with the process metrics and `sandfleet_build_info`. */
export function createMetrics(component: string, version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const build = new Gauge({
    name: 'sandfleet_build_info',
    help: 'Version of the running component.',
    labelNames: ['component', 'version'],
    registers: [registry],
  });
  build.set({ component, version }, 1);
  return registry;
}
