import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { script, testService, type TestService } from './fixtures.ts';

const WAIT = { timeout: 60_000, interval: 10 };

/** Its programs go on when its file is removed, as a server does whose socket is. */
function reachable(): TestService {
  const test = testService([script('touch "$1/socket"; echo ready; exec sleep 4007')], {
    definition: { fault: async () => (existsSync(join(test.folder, 'socket')) ? undefined : 'its socket was removed') },
  });
  return test;
}
const cutOff = ({ folder }: TestService) => rmSync(join(folder, 'socket'));

describe('a service that nobody new can reach', () => {
  it('is started anew for who asks', async () => {
    using test = reachable();
    (await test.service.lease()).release();
    expect((await test.service.lease()).generation).toBe(1);
    await test.service.stop();
    const first = await test.service.lease();
    first.release();
    cutOff(test);
    const second = await test.service.lease();
    expect([first.ended.aborted, second.generation]).toEqual([true, 3]);
    expect(test.service.status()).toMatchObject({ restarts: 1, lastExit: { reason: 'its socket was removed' } });
    await test.service.stop();
  });

  it('is left to those who hold a lease', async () => {
    using test = reachable();
    const holder = await test.service.lease();
    cutOff(test);
    expect((await test.service.lease()).generation).toBe(1);
    expect(holder.ended.aborted).toBe(false);
    await test.service.stop();
  });

  it('is started anew for a service that needs it, whoever holds a lease', async () => {
    using screen = reachable();
    const holder = await screen.service.lease();
    cutOff(screen);
    using test = testService([script('echo ready; exec sleep 4007')], {
      definition: { name: 'browser', needs: ['screen'] },
      get: () => screen.service,
    });
    await test.service.lease();
    expect([holder.ended.aborted, screen.service.status().restarts]).toEqual([true, 1]);
    await Promise.all([test.service.stop(), screen.service.stop()]);
  });
});

describe('what is done once all programs are ready', () => {
  it('is not done when one of them has failed', async () => {
    const started = vi.fn(async (signal: AbortSignal) => void (await once(signal, 'abort')));
    using test = testService([script('exit 1')], { definition: { started }, limits: { patience: 1 } });
    await expect(test.service.lease()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await vi.waitFor(() => expect(['backing-off', 'stopped']).toContain(test.service.state()), WAIT);
    expect(started).not.toHaveBeenCalled();
    await test.service.stop();
  });

  it('is given up when the service is stopped meanwhile', async () => {
    const started = vi.fn(async (signal: AbortSignal) => void (await once(signal, 'abort')));
    using test = testService([script('echo ready; exec sleep 4007')], { definition: { started } });
    test.service.warm();
    await vi.waitFor(() => expect(started).toHaveBeenCalled(), WAIT);
    await test.service.stop();
    expect(test.service.state()).toBe('stopped');
  });
});
