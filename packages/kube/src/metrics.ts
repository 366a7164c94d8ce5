import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The kernel's metrics, under the names that client-go and controller-runtime use: ready-made dashboards fit. */
export type KubeMetrics = ReturnType<typeof createKubeMetrics>;

export function createKubeMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter<L>({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge<L>({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Histogram<L>({ name, help, labelNames, registers, buckets: SECONDS });

  // Read at each scrape: what is in work grows without an event.
  const secondsInWork = new Map<string, () => readonly number[]>();
  const inWorkGauge = (name: string, help: string, valueOf: (seconds: readonly number[]) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['name'],
      registers,
      collect() {
        for (const [queue, secondsOf] of secondsInWork) this.set({ name: queue }, valueOf(secondsOf()));
      },
    });
  inWorkGauge('workqueue_unfinished_work_seconds', 'Time that the keys in work have taken so far, summed.', (seconds) =>
    seconds.reduce((sum, each) => sum + each, 0),
  );
  inWorkGauge('workqueue_longest_running_processor_seconds', 'Time of the key that has been in work the longest.', (seconds) =>
    Math.max(0, ...seconds),
  );

  return {
    /** Where a queue says, by its name, how long each of its keys has been in work. */
    secondsInWork,

    requests: counter('rest_client_requests_total', 'Calls to the API server by HTTP status.', ['code', 'method']),
    requestSeconds: histogram('rest_client_request_duration_seconds', 'Time of a call, without the waits between retries.', [
      'verb',
    ]),

    lists: counter('reflector_lists_total', 'Full lists by reflector.', ['name']),
    watches: counter('reflector_watches_total', 'Watches started by reflector.', ['name']),
    watchEnds: counter('reflector_watch_ends_total', 'Ended watches by reflector and cause.', ['name', 'cause']),
    watchEvents: counter('reflector_watch_events_total', 'Events by reflector and type.', ['name', 'type']),
    objects: gauge('reflector_objects', 'Objects held in memory by reflector.', ['name']),
    synced: gauge('reflector_synced', '1 when the first list of the reflector is in memory.', ['name']),

    depth: gauge('workqueue_depth', 'Keys that wait.', ['name']),
    adds: counter('workqueue_adds_total', 'Keys added.', ['name']),
    retries: counter('workqueue_retries_total', 'Keys added again with a back-off.', ['name']),
    queueSeconds: histogram('workqueue_queue_duration_seconds', 'Time of a key in the queue.', ['name']),
    workSeconds: histogram('workqueue_work_duration_seconds', 'Time of the work on a key.', ['name']),

    reconciles: counter('controller_runtime_reconcile_total', 'Reconciles by result.', ['controller', 'result']),
    reconcileErrors: counter('controller_runtime_reconcile_errors_total', 'Failed reconciles.', ['controller']),
    terminalErrors: counter('controller_runtime_terminal_reconcile_errors_total', 'Failed reconciles that no retry can help.', [
      'controller',
    ]),
    reconcileSeconds: histogram('controller_runtime_reconcile_time_seconds', 'Time of a reconcile.', ['controller']),
    maxConcurrent: gauge('controller_runtime_max_concurrent_reconciles', 'Reconciles that may run at once.', ['controller']),
    activeWorkers: gauge('controller_runtime_active_workers', 'Reconciles that run now.', ['controller']),

    applies: counter('kube_applies_total', 'Intents by kind: sent to the API server, or skipped as nothing would change.', [
      'kind',
      'result',
    ]),
    leader: gauge('leader_election_master_status', '1 while this process leads.', ['name']),
    events: counter('kube_events_total', 'Events of the recorder: sent, aggregated into a series, dropped or failed.', [
      'result',
    ]),
  };
}
