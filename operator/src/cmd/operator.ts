import { connect, createKubeMetrics } from '@sandfleet/kube';
import { createLogger, createMetrics, loadConfig, runProcess, VERSION } from '@sandfleet/server-kit';

import { OperatorConfig } from '../config.ts';
import { runOperator } from '../operator.ts';

await runProcess(async (signal) => {
  const config = loadConfig(OperatorConfig, process.env);
  const log = createLogger({ name: 'operator', level: config.LOG_LEVEL });
  const registry = createMetrics('operator', VERSION);
  const metrics = createKubeMetrics(registry);
  const client = connect({ userAgent: 'sandfleet-operator', metrics });
  log.info({ namespace: config.SANDFLEET_NAMESPACE, watch: config.SANDFLEET_WATCH_NAMESPACE || 'all namespaces' }, 'starting');
  await runOperator({ client, config, log, registry, metrics }, signal);
  log.info('stopped');
});
