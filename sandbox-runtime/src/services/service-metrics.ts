import { Counter, Gauge, Histogram, type Registry } from '@sandfleet/server-kit';

import { usageOf, type ServiceUsage } from './service-usage.ts';
import { SERVICE_NAMES, type ServiceName, type Services } from './service.ts';

const START_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

/** Counts what the services do, and looks at their processes when somebody reads the metrics. */
export function measureServices(services: Services, registry: Registry): void {
  const own = { labelNames: ['service' as const], registers: [] };
  registry.registerMetric(
    new Gauge({
      ...own,
      name: 'sandbox_service_up',
      help: 'Whether the service runs.',
      collect() {
        for (const service of SERVICE_NAMES) this.set({ service }, services.get(service).state() === 'running' ? 1 : 0);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      ...own,
      name: 'sandbox_service_restarts_total',
      help: 'Starts of the service after a failure.',
      collect() {
        this.reset();
        for (const service of SERVICE_NAMES) this.inc({ service }, services.get(service).status().restarts);
      },
    }),
  );
  measureUsage(services, registry);
  const starts = new Histogram({
    ...own,
    name: 'sandbox_service_start_seconds',
    help: 'Time from the start of the service until it took calls.',
    buckets: START_BUCKETS,
  });
  registry.registerMetric(starts);
  services.onStarted((service, seconds) => starts.observe({ service }, seconds));
}

function measureUsage(services: Services, registry: Registry): void {
  const own = { labelNames: ['service' as const], registers: [] };
  const look = shared(() =>
    Promise.all(SERVICE_NAMES.map(async (service) => [service, await usageOf(services.get(service).family())] as const)),
  );
  registry.registerMetric(
    new Gauge({
      ...own,
      name: 'sandbox_service_memory_bytes',
      help: 'Resident memory of its processes.',
      async collect() {
        for (const [service, { memoryBytes }] of await look()) this.set({ service }, memoryBytes);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      ...own,
      name: 'sandbox_service_cpu_seconds',
      help: 'CPU time of its processes that live.',
      async collect() {
        for (const [service, { cpuSeconds }] of await look()) this.set({ service }, cpuSeconds);
      },
    }),
  );
}

type Look = readonly (readonly [ServiceName, ServiceUsage])[];

/** Both gauges are read at the same time: one look is enough for them. */
function shared(look: () => Promise<Look>): () => Promise<Look> {
  let current: Promise<Look> | undefined;
  return () => (current ??= look().finally(() => (current = undefined)));
}
