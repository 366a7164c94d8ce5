import { afterAll, describe, expect, it } from 'vitest';

import { eventually, kubectl, kubectlJson } from './support/cluster.ts';
import { rest } from './support/control-plane.ts';
import { TestSandbox } from './support/sandbox.ts';

interface SandboxObject {
  readonly status: {
    readonly phase: string;
    readonly restarts?: number;
    readonly lastTermination?: { readonly reason: string; readonly exitCode?: number };
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

describe('a sandbox', () => {
  const sandboxes: TestSandbox[] = [];
  const make = async (spec: Record<string, unknown>) => {
    const made = await TestSandbox.create(spec);
    sandboxes.push(made);
    return made;
  };
  afterAll(async () => {
    await Promise.all(sandboxes.map((made) => made.delete()));
  });

  it('runs as an unprivileged user with its limits in the cgroup', async () => {
    const made = await make({
      resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
    });
    const { output } = await made.exec(
      'id -u; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\\t"; ' +
        'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes; ' +
        '(cat /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us) | cut -d" " -f1',
    );
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['1000', 'CapEff:0000000000000000', 'NoNewPrivs:1', 'Seccomp:2', String(512 * 1024 ** 2), '50000']);
  });

  it('keeps its workspace when its pod is replaced', async () => {
    const made = await make({ workspace: { size: '64Mi' } });
    await made.post('/v1/file/write', { file: '/home/gem/notes.txt', content: 'kept' });
    await kubectl('delete', 'pod', made.id, '--grace-period=1');
    const content = await eventually('the successor reads the file', async () => {
      const { data } = await made.post<{ content: string }>('/v1/file/read', { file: '/home/gem/notes.txt' });
      return data.content;
    });
    expect(content).toBe('kept');
  });

  it('outlives a command that wants more memory than its limit', async () => {
    const made = await make({ resources: { limits: { memory: '256Mi' }, requests: { memory: '64Mi' } } });
    const hungry = await made.exec('python3 -c "x = bytearray(1024 * 1024 * 1024)"').catch(() => undefined);
    await eventually('the sandbox answers', async () =>
      (await made.exec('echo alive')).output.includes('alive') ? true : undefined,
    );
    const { status } = await kubectlJson<SandboxObject>('get', 'sandbox', made.id);
    // On cgroup v1 the kernel takes the one process; on v2 the kubelet lets it take the container, and the status says why.
    const told = status.restarts === 0 ? hungry?.exit_code : status.lastTermination?.reason;
    expect(told).toBe(status.restarts === 0 ? 137 : 'OOMKilled');
  });

  it('names the image that cannot be pulled in its conditions', async () => {
    await kubectl('delete', 'sandbox', 'no-image', '--ignore-not-found');
    const created = await rest('POST', '/v1/sandboxes', {
      body: { name: 'no-image', image: 'localhost/sandfleet/never-built:1' },
    });
    expect(created.status).toBe(201);
    const ready = await eventually('the reason is in the status', async () => {
      const { status } = await kubectlJson<SandboxObject>('get', 'sandbox', 'no-image');
      return status.conditions.find(({ type, reason }) => type === 'Ready' && /Image/.test(reason));
    });
    expect(ready).toMatchObject({ status: 'False' });
    expect(ready.message).toContain('localhost/sandfleet/never-built:1');
    await kubectl('delete', 'sandbox', 'no-image');
  });
});
