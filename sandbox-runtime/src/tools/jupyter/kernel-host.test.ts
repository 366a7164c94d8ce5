import { describe, expect, it } from 'vitest';

import { code, scriptedPython } from './fixtures.ts';
import { HostGone, KernelHost } from './kernel-host.ts';
import { Kernel } from './kernel.ts';
import { Outputs } from './outputs.ts';

describe('a host that hangs', () => {
  it('is ended with its kernels when one of them should stop', async () => {
    const { python, remove } = await scriptedPython();
    const host = new KernelHost({
      python,
      script: 'kernel_host.py',
      outputBytes: 1000,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      patienceMs: { start: 600_000, stop: 50 },
    });
    await host.ready;
    const [one, other] = await Promise.all(['k1', 'k2'].map((name) => Kernel.start(host, { name, python: 'python3' })));
    const running = one?.run({ code: code({ host: 'stops' }), timeoutSeconds: 600, outputs: new Outputs(1000) });
    await one?.kill();
    expect(await running).toMatchObject({ status: 'died' });
    expect([host.hasEnded, other?.isAlive]).toEqual([true, false]);
    await expect(Kernel.start(host, { name: 'k3', python: 'python3' })).rejects.toBeInstanceOf(HostGone);
    await remove();
  });
});
