import { connect, createKubeMetrics } from '@sandfleet/kube';
import { createLogger, createMetrics, loadConfig, runProcess, VERSION } from '@sandfleet/server-kit';

import { createAccessLog } from '../gateway/access-log.ts';
import { GatewayConfig } from '../gateway/config.ts';
import { runGateway } from '../gateway/run-gateway.ts';

await runProcess(async (signal) => {
  const config = loadConfig(GatewayConfig, process.env);
  const log = createLogger({ name: 'gateway', level: config.LOG_LEVEL });
  const accessLog = createAccessLog({ name: 'gateway', level: config.LOG_LEVEL });
  const registry = createMetrics('gateway', VERSION);
  const kubeMetrics = createKubeMetrics(registry);
  const client = connect({ userAgent: 'sandfleet-gateway', metrics: kubeMetrics });
  await runGateway({ client, config, log, accessLog, registry, kubeMetrics }, signal);
  log.info('stopped');
});
