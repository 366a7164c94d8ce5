import { spawn, type ChildProcess } from 'node:child_process';
import { readlink } from 'node:fs/promises';

import { cluster, eventually, run } from './cluster.ts';

const LINK = 'sf-outside';

/** Addresses of a host beyond the cluster: one as the internet has them, one as private networks have them (RFC 5737, RFC 1918). */
export const PUBLIC_ADDRESS = '203.0.113.10';
export const PRIVATE_ADDRESS = '172.31.77.10';
export const OUTSIDE_PORT = 8000;

/**
 * A host outside the cluster in a network namespace of its own, which answers HTTP on a public and on a private address: what
 * an egress policy lets through is seen, not only what it blocks. It needs the local cluster, whose node is this machine.
 */
export class OutsideHost {
  readonly #server: ChildProcess;

  private constructor(server: ChildProcess) {
    this.#server = server;
  }

  static async start(): Promise<OutsideHost> {
    await run('ip', ['link', 'delete', LINK]);
    // The namespace is the server's own and goes with it. A named one (ip netns add) would mount /run/netns over itself and
    // so bury the namespaces of pods, which then could not be taken down.
    const script = `require('node:http').createServer((q,r)=>r.end('outside')).listen(${OUTSIDE_PORT},'0.0.0.0')`;
    const server = spawn('unshare', ['--net', '--', process.execPath, '-e', script], {
      stdio: 'ignore',
      env: cluster().environment,
    });
    const host = new OutsideHost(server);
    const pid = String(server.pid);
    await eventually('the server has a network of its own', async () =>
      (await networkOf(pid)) === (await networkOf('self')) ? undefined : true,
    );
    await ip('link', 'add', LINK, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid);
    for (const address of ['203.0.113.1/24', '172.31.77.1/24']) await ip('addr', 'add', address, 'dev', LINK);
    await ip('link', 'set', LINK, 'up');
    for (const address of [PUBLIC_ADDRESS, PRIVATE_ADDRESS]) await inside(pid, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    await inside(pid, 'link', 'set', 'eth0', 'up');
    await inside(pid, 'link', 'set', 'lo', 'up');
    await inside(pid, 'route', 'add', 'default', 'via', '203.0.113.1');
    await eventually('the outside host answers', async () =>
      (await fetch(`http://${PUBLIC_ADDRESS}:${OUTSIDE_PORT}/`)).ok ? true : undefined,
    );
    return host;
  }

  async stop(): Promise<void> {
    this.#server.kill('SIGKILL');
    await run('ip', ['link', 'delete', LINK]);
  }
}

const networkOf = (pid: string): Promise<string> => readlink(`/proc/${pid}/ns/net`);

async function inside(pid: string, ...args: string[]): Promise<void> {
  await must('nsenter', ['--net', '--target', pid, 'ip', ...args]);
}

async function ip(...args: string[]): Promise<void> {
  await must('ip', args);
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`);
}
