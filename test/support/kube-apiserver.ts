import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@sandfleet/kube/testing';
import { type Child, freePorts, startChild } from './child-process.ts';
import { KubeAccess, writeKubeconfig } from './kube-access.ts';

/**
 * A real etcd and kube-apiserver on loopback ports, with RBAC and the default admission plugins. There is no controller
 * manager: nothing collects garbage, and no scheduler and no kubelet: pods stay Pending until a test writes their status.
 */
export interface KubeApiserver extends KubeAccess {
  /** Stops the API server and starts it again, with the same data, address and certificate. */
  restart(options?: RestartOptions): Promise<void>;
  /** Ends both programs and removes all they wrote. */
  stop(): Promise<void>;
}

export interface RestartOptions {
  /** As a crash: open connections break, nothing is drained. */
  readonly hard?: boolean;
  /** Runs between the stop and the start. */
  readonly meanwhile?: () => Promise<void> | void;
}

interface Layout {
  readonly directory: string;
  readonly token: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly peerPort: number;
}

const TOOLS = path.join(import.meta.dirname, '..', '..', 'hack', 'tools');

/** Builds the two programs first when they are missing, which takes minutes; hack/tools says so on standard error. */
export async function startKubeApiserver(): Promise<KubeApiserver> {
  const etcd = toolPath('etcd');
  const kubeApiserver = toolPath('kube-apiserver');
  const layout = await prepare();
  const children: Child[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop('SIGKILL')));
    await rm(layout.directory, { recursive: true, force: true });
  };
  try {
    children.push(startChild('etcd', etcd, etcdArguments(layout), path.join(layout.directory, 'etcd.log')));
    const startApi = (): Child =>
      startChild('kube-apiserver', kubeApiserver, apiArguments(layout), path.join(layout.directory, 'kube-apiserver.log'));
    children.push(startApi());
    const cluster = await connectTo(layout, children);
    await waitUntilReady(cluster, children);
    return Object.assign(cluster, {
      async restart({ hard = false, meanwhile }: RestartOptions = {}) {
        await children.pop()?.stop(hard ? 'SIGKILL' : 'SIGTERM');
        await meanwhile?.();
        children.push(startApi());
        await waitUntilReady(cluster, children);
      },
      async stop() {
        await cluster.close();
        await stop();
      },
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

function toolPath(name: string): string {
  return execFileSync(TOOLS, ['path', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

async function prepare(): Promise<Layout> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sandfleet-apiserver-'));
  const [apiPort = 0, etcdPort = 0, peerPort = 0] = await freePorts(3);
  const token = randomBytes(24).toString('base64url');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(path.join(directory, 'service-accounts.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(path.join(directory, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  return { directory, token, apiPort, etcdPort, peerPort };
}

function etcdArguments({ directory, etcdPort, peerPort }: Layout): readonly string[] {
  const client = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${path.join(directory, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // The data is thrown away, and disks of test machines are slow.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiArguments({ directory, apiPort, etcdPort }: Layout): readonly string[] {
  const file = (name: string): string => path.join(directory, name);
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${apiPort}`,
    // It makes its own certificate there, and finds it again after a restart.
    `--cert-dir=${file('certificates')}`,
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=Node,RBAC',
    `--token-auth-file=${file('tokens.csv')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${file('service-accounts.pem')}`,
    `--service-account-key-file=${file('service-accounts.pem')}`,
    '--allow-privileged=true',
    // Open watches would hold up an orderly stop for a minute.
    '--shutdown-watch-termination-grace-period=1s',
  ];
}

async function connectTo({ directory, token, apiPort }: Layout, children: readonly Child[]): Promise<KubeAccess> {
  const certificate = path.join(directory, 'certificates', 'apiserver.crt');
  const ca = await eventually('the certificate of the API server', () => {
    assertRunning(children);
    return readFile(certificate, 'utf8').catch(() => undefined);
  });
  const info = { server: `https://127.0.0.1:${apiPort}`, ca, token };
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeKubeconfig(kubeconfig, info);
  return new KubeAccess({ ...info, kubeconfig });
}

async function waitUntilReady(cluster: KubeAccess, children: readonly Child[]): Promise<void> {
  const admin = cluster.admin();
  await eventually('the API server is ready', async () => {
    assertRunning(children);
    const answer = await admin.text('/readyz', { timeoutSeconds: 5 }).catch(() => undefined);
    return answer === 'ok';
  });
}

function assertRunning(children: readonly Child[]): void {
  for (const child of children) {
    const ended = child.exited();
    if (ended) throw new Error(`${child.name} did not stay up (${ended}). The end of its log:\n${child.tail()}`);
  }
}
