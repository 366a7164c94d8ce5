import { PHASES } from '@sandfleet/crds';
import { Gauge, type Registry } from '@sandfleet/server-kit';

import type { Caches } from './caches.ts';

/** Counts by phase, taken from memory when somebody asks: no series for each sandbox. */
export function registerSandboxMetrics(registry: Registry, { sandboxes }: Caches): void {
  const gauge = new Gauge({
    name: 'sandfleet_sandboxes',
    help: 'Sandboxes by phase; Pending also counts those that no pass has looked at yet.',
    labelNames: ['phase'],
    registers: [registry],
    collect() {
      const counts = new Map<string, number>(PHASES.map((phase) => [phase, 0]));
      for (const { status } of sandboxes.list()) {
        const phase = status?.phase ?? 'Pending';
        counts.set(phase, (counts.get(phase) ?? 0) + 1);
      }
      for (const [phase, count] of counts) gauge.set({ phase }, count);
    },
  });
}
