import { Counter, Gauge, type Registry } from '@sandfleet/server-kit';

import type { AuthReason } from '../auth/authenticate.ts';

const REASONS: readonly AuthReason[] = [
  'ok',
  'not_ready',
  'missing',
  'unreadable',
  'malformed',
  'unknown',
  'expired',
  'verb',
  'namespace',
  'rate_limited',
];

export interface ApiMetrics {
  countDecision(reason: AuthReason): void;
  countToken(kind: 'sandbox' | 'ticket'): void;
}

export interface Gauges {
  apiKeys(): number;
  waits(): number;
}

/** Counters start at zero, so that the first failure is a step that an alert sees. */
export function createApiMetrics(registry: Registry, gauges: Gauges): ApiMetrics {
  const registers = [registry];
  const decisions = new Counter({
    name: 'sandfleet_auth_decisions_total',
    help: 'Decisions about credentials by result and reason.',
    labelNames: ['result', 'reason'],
    registers,
  });
  const tokens = new Counter({
    name: 'sandfleet_tokens_issued_total',
    help: 'Tokens and tickets issued.',
    labelNames: ['kind'],
    registers,
  });
  const labelsOf = (reason: AuthReason) => ({ result: reason === 'ok' ? 'allowed' : 'denied', reason });
  for (const reason of REASONS) decisions.inc(labelsOf(reason), 0);
  for (const kind of ['sandbox', 'ticket']) tokens.inc({ kind }, 0);
  observe(registry, 'sandfleet_api_keys', 'API keys that are loaded.', gauges.apiKeys);
  observe(registry, 'sandfleet_ready_waits', 'Requests that wait for a sandbox to become ready.', gauges.waits);
  return { countDecision: (reason) => decisions.inc(labelsOf(reason)), countToken: (kind) => tokens.inc({ kind }) };
}

function observe(registry: Registry, name: string, help: string, read: () => number): void {
  const gauge = new Gauge({
    name,
    help,
    registers: [],
    collect() {
      this.set(read());
    },
  });
  registry.registerMetric(gauge);
}
