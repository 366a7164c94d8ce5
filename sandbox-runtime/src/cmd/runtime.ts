import { createLogger, loadConfig, runProcess } from '@sandfleet/server-kit';

import { ConfigSchema } from '../config.ts';
import { refuseOpenDoor } from '../server/auth/auth-config.ts';
import { serve } from '../startup/serve.ts';

await runProcess(async (signal) => {
  const config = loadConfig(ConfigSchema, process.env);
  refuseOpenDoor(config);
  const log = createLogger({ name: 'runtime', level: config.LOG_LEVEL });
  await serve({ config, env: process.env, log, signal, skeleton: '/etc/skel' });
});
