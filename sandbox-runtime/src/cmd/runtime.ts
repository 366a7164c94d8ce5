import { aborted, createLogger, loadConfig, runProcess, VERSION } from '@sandfleet/server-kit';

import { ConfigSchema, refuseOpenDoor, workspaceOf } from '../config.ts';
import { createRuntime } from '../server.ts';
import { prepareHome } from '../server/home.ts';

await runProcess(async (signal) => {
  const config = loadConfig(ConfigSchema, process.env);
  refuseOpenDoor(config, process.env);
  const log = createLogger({ name: 'runtime', level: config.LOG_LEVEL });
  await prepareHome({ home: config.HOME, workspace: workspaceOf(config), skeleton: '/etc/skel', log });
  const app = createRuntime({ config, env: process.env, log });
  const address = await app.listen({ host: config.HOST, port: config.PUBLIC_PORT });
  log.info({ address, version: VERSION }, 'runtime ready');
  await aborted(signal);
  await app.close();
});
