import { createLogger, loadConfig, runProcess, VERSION } from '@sandfleet/server-kit';

import { ApiConfig } from '../control-plane/config.ts';
import { runApi } from '../control-plane/run-api.ts';

await runProcess(async (signal) => {
  const config = loadConfig(ApiConfig, process.env);
  const log = createLogger({ name: 'sandfleet-api', level: config.LOG_LEVEL });
  await runApi({ config, version: VERSION, log }, signal);
});
