import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startChild, freePorts, type Child } from '../../support/child-process.ts';
import { writeKubeconfig, type KubeAccess } from '../../support/kube-access.ts';
import { ROOT } from './helm.ts';

const SOURCES = {
  operator: 'operator/src/cmd/operator.ts',
  api: 'api/src/cmd/api.ts',
  gateway: 'api/src/cmd/gateway.ts',
  keys: 'api/src/cmd/keys.ts',
} as const;

export type Program = keyof typeof SOURCES;
export type Environment = Readonly<Record<string, string>>;

export interface Component {
  readonly child: Child;
  readonly port: number;
  readonly adminPort: number;
}

const TSX = fileURLToPath(import.meta.resolve('tsx'));

/** A clean environment, so that nothing of this machine's reaches the program. */
const commandLine = (program: Program, env: Environment): readonly string[] => [
  '-i',
  ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
  process.execPath,
  '--import',
  TSX,
  join(ROOT, SOURCES[program]),
];

/** The programs of sandfleet as processes of this machine, each with the token of its own service account. */
export class Components {
  readonly #cluster: KubeAccess;
  readonly #namespace: string;
  readonly #directory: string;
  readonly #children: Child[] = [];

  private constructor(cluster: KubeAccess, namespace: string, directory: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#directory = directory;
  }

  static async open(cluster: KubeAccess, namespace: string): Promise<Components> {
    return new Components(cluster, namespace, await mkdtemp(join(tmpdir(), 'sandfleet-components-')));
  }

  /** `name` tells replicas of a program apart. */
  async start(program: Program, env: Environment, name: string = program): Promise<Component> {
    const [port = 0, adminPort = 0] = await freePorts(2);
    const kubeconfig = await this.#kubeconfig(program, name);
    const all = { ...env, KUBECONFIG: kubeconfig, HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort) };
    const child = startChild(name, 'env', commandLine(program, all), join(this.#directory, `${name}.log`));
    this.#children.push(child);
    return { child, port, adminPort };
  }

  /** Runs sandfleet-keys as it runs in the pod of the api. */
  async keys(...args: string[]): Promise<string> {
    const env = { KUBECONFIG: await this.#kubeconfig('api'), SANDFLEET_NAMESPACE: this.#namespace };
    return (await promisify(execFile)('env', [...commandLine('keys', env), ...args])).stdout.trim();
  }

  /** Stops all as a kubelet does, and gives how each ended. */
  async stop(): Promise<Readonly<Record<string, string | undefined>>> {
    const children = this.#children.splice(0);
    await Promise.all(children.map((child) => child.stop('SIGTERM')));
    await rm(this.#directory, { recursive: true, force: true });
    return Object.fromEntries(children.map((child) => [child.name, child.exited()]));
  }

  async #kubeconfig(program: Program, name: string = program): Promise<string> {
    const file = join(this.#directory, `${name}.kubeconfig`);
    const token = await this.#cluster.serviceAccountToken(this.#namespace, `sandfleet-${program}`);
    await writeKubeconfig(file, { ...this.#cluster.info, token });
    return file;
  }
}
