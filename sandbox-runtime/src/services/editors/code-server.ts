import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Environment } from '../../config.ts';
import type { ServiceDefinition } from '../definition.ts';
import { ask, removedSocket } from '../listening.ts';
import { keepNewest } from './keep-newest.ts';

export interface CodeServerOptions {
  readonly command: string;
  readonly socket: string;
  /** Taken instead of the user's, which may ask for a password or another port. */
  readonly configFile: string;
  readonly env: Environment;
  readonly home: string;
  readonly workspace: string;
  readonly graceMs: number;
  readonly disabledBy: string | undefined;
  readonly makeFolder: () => Promise<void>;
}

/** It clears its logs away by itself, but not in a run that is over soon. */
const KEPT_LOGS = 9;

const QUIET = [
  '--disable-telemetry',
  '--disable-update-check',
  '--disable-workspace-trust',
  '--disable-getting-started-override',
];

/** VS Code in the browser. Who may open it is the runtime's to say: the socket is for this user alone. */
export function codeServer(options: CodeServerOptions): ServiceDefinition {
  const { command, socket, configFile, env, home, workspace, graceMs, disabledBy, makeFolder } = options;
  const data = join(home, '.local/share/code-server');
  const way = ['--config', configFile, '--auth', 'none', '--socket', socket, '--socket-mode', '600'];
  const places = ['--user-data-dir', data, '--extensions-dir', join(data, 'extensions')];
  return {
    name: 'code-server',
    disabledBy,
    needs: [],
    graceMs,
    prepare: async () => {
      await makeFolder();
      await mkdir(data, { recursive: true });
      await keepNewest(join(data, 'logs'), KEPT_LOGS);
      await rm(socket, { force: true });
      await writeFile(configFile, 'auth: none\ncert: false\n', { mode: 0o600 });
      return [
        {
          name: 'code-server',
          command: [command, ...way, ...places, ...QUIET, workspace],
          directory: workspace,
          env,
          ready: {
            probe: async (signal) => (await ask({ where: socket, path: '/healthz', signal })).status === 200,
          },
        },
      ];
    },
    clear: () => rm(socket, { force: true }),
    fault: () => removedSocket([socket]),
  };
}
