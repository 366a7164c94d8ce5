import { STATUS_CODES } from 'node:http';

import { Counter, DURATION_BUCKETS, Gauge, Histogram, type Registry } from '@sandfleet/server-kit';

import type { UpstreamFailure } from './upstream/upstream-error.ts';

/** What was counted of one request. */
export interface Observation {
  readonly method: string;
  readonly status: number;
  /** `none` where the request got no further than the door. */
  readonly surface: string;
  /** Undefined for a WebSocket: how long it was open says nothing of how fast it was. */
  readonly seconds: number | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface GatewayMetrics {
  observe(observation: Observation): void;
  upstreamFailed(reason: UpstreamFailure): void;
  /** Bytes of a WebSocket, as they go. */
  addBytes(direction: 'in' | 'out', count: number): void;
  websocketOpened(surface: string): () => void;
  authDecided(result: 'allowed' | 'refused', reason: string): void;
  connectionRefused(): void;
}

/** Standard methods have a series each; a client can't make more by inventing methods. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A client that went away before its answer began: ours, and in no standard. */
const CLIENT_GONE = 499;

/** Standard statuses have a series each; a pod can't make more by inventing statuses. */
const codeOf = (status: number): string => (status === CLIENT_GONE || status in STATUS_CODES ? String(status) : 'other');

export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `gateway_${name}`, help, labelNames: [...labelNames], registers });
  const requests = counter('requests_total', 'Requests, by what became of them.', ['method', 'code', 'surface']);
  const failures = counter('upstream_errors_total', 'Requests that did not reach a pod or got no answer from it.', ['reason']);
  const bytes = counter('bytes_total', 'Bytes of bodies and WebSockets: in from clients, out to them.', ['direction']);
  const refused = counter('connections_refused_total', 'Connections over the limit.', []);
  const decisions = new Counter({
    name: 'auth_decisions_total',
    help: 'Decisions on credentials.',
    labelNames: ['result', 'reason'],
    registers,
  });
  const websockets = new Gauge({ name: 'gateway_websockets', help: 'Open WebSockets.', labelNames: ['surface'], registers });
  const duration = new Histogram({
    name: 'gateway_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['surface'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  // Looking a series up by its labels costs more than counting; these are bound once.
  const bytesIn = bytes.labels('in');
  const bytesOut = bytes.labels('out');
  const boundRequests = remember((key: string) => requests.labels(...(key.split(' ') as [string, string, string])));
  const boundDurations = remember((surface: string) => duration.labels(surface));
  const boundDecisions = remember((key: string) => decisions.labels(...(key.split(' ') as [string, string])));
  return {
    observe: ({ method, status, surface, seconds, bytesIn: received, bytesOut: sent }) => {
      boundRequests(`${METHODS.has(method) ? method : 'other'} ${codeOf(status)} ${surface}`).inc();
      if (seconds !== undefined) boundDurations(surface).observe(seconds);
      if (received > 0) bytesIn.inc(received);
      if (sent > 0) bytesOut.inc(sent);
    },
    upstreamFailed: (reason) => failures.inc({ reason }),
    addBytes: (direction, count) => (direction === 'in' ? bytesIn : bytesOut).inc(count),
    websocketOpened: (surface) => {
      websockets.inc({ surface });
      return () => websockets.dec({ surface });
    },
    authDecided: (result, reason) => boundDecisions(`${result} ${reason}`).inc(),
    connectionRefused: () => refused.inc(),
  };
}

function remember<T>(create: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = create(key)));
    return value;
  };
}
