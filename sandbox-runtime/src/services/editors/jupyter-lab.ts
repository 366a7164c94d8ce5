import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Environment } from '../../config.ts';
import type { ServiceDefinition } from '../definition.ts';
import { ask, refuseTakenPort } from '../listening.ts';

export interface JupyterLabOptions {
  readonly python: string;
  readonly port: number;
  /** Makes the token of the next run. */
  readonly newToken: () => string;
  /** Of this run. */
  readonly token: () => string;
  readonly configFile: string;
  /** Where it writes how it and its kernels are reached: a folder for this user alone that goes with the run. */
  readonly runtimeDir: string;
  readonly env: Environment;
  readonly workspace: string;
  readonly graceMs: number;
  readonly disabledBy: string | undefined;
  readonly makeFolder: () => Promise<void>;
}

export const JUPYTER_BASE = '/jupyter/';

/** JupyterLab, behind a token that only the runtime knows: any page in any browser could reach its port. */
export function jupyterLab(options: JupyterLabOptions): ServiceDefinition {
  const { python, port, newToken, token, configFile, runtimeDir, env, workspace, graceMs, disabledBy, makeFolder } = options;
  const get = (path: string, signal: AbortSignal) =>
    ask({ where: port, path: `${JUPYTER_BASE}${path}`, headers: { authorization: `token ${token()}` }, signal });
  const clear = async () => {
    await rm(configFile, { force: true });
    await rm(runtimeDir, { recursive: true, force: true });
  };
  return {
    name: 'jupyter-lab',
    disabledBy,
    needs: [],
    graceMs,
    prepare: async () => {
      await makeFolder();
      await refuseTakenPort(port);
      await clear();
      await mkdir(runtimeDir, { mode: 0o700 });
      await writeFile(configFile, configuration({ token: newToken(), port, workspace }), { mode: 0o600 });
      return [
        {
          name: 'jupyter-lab',
          command: [python, '-m', 'jupyterlab', `--config=${configFile}`],
          directory: workspace,
          // It asks npm for its folder at each start, and npm writes a log of that which nobody clears away.
          env: { ...env, JUPYTER_RUNTIME_DIR: runtimeDir, npm_config_logs_max: '0' },
          // Open to all, but only this server answers to this token.
          ready: { probe: async (signal) => (await get('api/status', signal)).status === 200 },
        },
      ];
    },
    // Neither the list of processes nor any environment holds the token, and now no file does.
    started: () => forgetToken(options),
    clear,
    isBusy: async (signal) => hasWork((await get('api/kernels', signal)).body),
  };
}

/** The server itself writes two files for programs that look for servers, with the token in both. */
async function forgetToken({ configFile, runtimeDir }: JupyterLabOptions): Promise<void> {
  const told = (await readdir(runtimeDir).catch(() => [])).filter((name) => name.startsWith('jpserver-'));
  const files = [configFile, ...told.map((name) => join(runtimeDir, name))];
  await Promise.all(files.map((file) => rm(file, { force: true })));
}

/** Whether a kernel computes, which may take longer than a page stays open. */
export function hasWork(answer: string): boolean {
  const kernels: unknown = JSON.parse(answer);
  return Array.isArray(kernels) && kernels.some((kernel: unknown) => isBusyKernel(kernel));
}

const isBusyKernel = (kernel: unknown): boolean =>
  typeof kernel === 'object' && kernel !== null && 'execution_state' in kernel && kernel.execution_state === 'busy';

interface Configured {
  readonly token: string;
  readonly port: number;
  readonly workspace: string;
}

/** A request with the token is checked neither for its origin nor for a cookie against forgery: the runtime has done that. */
function configuration({ token, port, workspace }: Configured): string {
  return `c = get_config()
c.IdentityProvider.token = ${python(token)}
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = ${port}
c.ServerApp.port_retries = 0
c.ServerApp.base_url = ${python(JUPYTER_BASE)}
c.ServerApp.root_dir = ${python(workspace)}
c.ServerApp.open_browser = False
c.ServerApp.allow_remote_access = True
c.ServerApp.allow_root = True
c.ServerApp.quit_button = False
c.ServerApp.terminals_enabled = True
c.FileContentsManager.delete_to_trash = False
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
`;
}

/** A literal of JSON is one of Python too, but for characters beyond ASCII in surrogate pairs: those stay as they are. */
const python = (text: string): string => JSON.stringify(text);
