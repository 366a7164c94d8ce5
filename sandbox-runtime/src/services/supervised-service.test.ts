import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { processesWith, script, testService } from './fixtures.ts';

const WELL = 'echo start >>"$1/starts"; echo ready; exec sleep 4000';
const WAIT = { timeout: 60_000, interval: 10 };
const unavailable = (message: RegExp) => ({ code: 'SERVICE_UNAVAILABLE', message: expect.stringMatching(message) });
const startsOf = (folder: string): number => readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n').length;

describe('a service', () => {
  it('starts once for many who ask at the same time, and stops whole', async () => {
    using test = testService([script(`(setsid sleep 4001 &); ${WELL}`)]);
    const leases = await Promise.all(Array.from({ length: 20 }, () => test.service.lease()));
    expect(startsOf(test.folder)).toBe(1);
    expect(new Set(leases.map(({ generation }) => generation))).toEqual(new Set([1]));
    const { pid, state, restarts, lastExit, idleSeconds } = test.service.status();
    expect({ state, restarts, lastExit, idleSeconds }).toEqual({ state: 'running', restarts: 0 });
    expect(processesWith('sleep 4000').some((line) => line.trim().startsWith(String(pid)))).toBe(true);
    await test.service.stop();
    expect(leases.every(({ ended }) => ended.aborted)).toBe(true);
    expect(processesWith('sleep 4001')).toEqual([]);
    expect(test.service.family()).toBeUndefined();
    expect(test.states).toEqual(['starting', 'running', 'stopping', 'stopped']);
    expect(test.service.status().lastExit?.reason).toBe('stopped');
  });

  it('stops when its last lease was given back some time ago', async () => {
    using test = testService([script(WELL)], { limits: { idleMs: 50 } });
    const [one, two] = await Promise.all([test.service.lease(), test.service.lease()]);
    one.release();
    one.release();
    expect(test.service.status().idleSeconds).toBeUndefined();
    two.release();
    await vi.waitFor(() => expect(test.states.at(-1)).toBe('stopped'), WAIT);
    expect(test.service.status().lastExit?.reason).toBe('idle');
    expect(two.ended.aborted).toBe(true);
  });

  it('does not stop while it is at work for somebody without a lease', async () => {
    let asked = 0;
    const isBusy = async () => ++asked < 3;
    using test = testService([script(WELL)], { limits: { idleMs: 20 }, definition: { isBusy } });
    (await test.service.lease()).release();
    await vi.waitFor(() => expect(test.states.at(-1)).toBe('stopped'), WAIT);
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  it('is kept when warm until somebody has used it', async () => {
    using test = testService([script(WELL)], { limits: { idleMs: 20 } });
    test.service.warm();
    await vi.waitFor(() => expect(test.service.state()).toBe('running'), WAIT);
    // Longer than it may be idle: the state that is waited for can only come after a lease.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(test.service.state()).toBe('running');
    (await test.service.lease()).release();
    await vi.waitFor(() => expect(test.service.state()).toBe('stopped'), WAIT);
  });

  it('starts anew for who asks while it stops', async () => {
    using test = testService([script('trap "sleep 0.2; exit" TERM; echo ready; while :; do sleep 0.05; done')]);
    const first = await test.service.lease();
    const stopped = test.service.stop();
    const second = await test.service.lease();
    await stopped;
    expect([first.generation, second.generation]).toEqual([1, 2]);
    expect([first.ended.aborted, second.ended.aborted]).toEqual([true, false]);
    await test.service.stop();
  });

  it('lets one who gives up go without harm to the others', async () => {
    using test = testService([script('until [ -e "$1/go" ]; do sleep 0.02; done; echo ready; exec sleep 4000')]);
    const controller = new AbortController();
    const impatient = test.service.lease(controller.signal);
    const patient = test.service.lease();
    controller.abort(new Error('hung up'));
    await expect(impatient).rejects.toThrow('hung up');
    writeFileSync(join(test.folder, 'go'), '');
    const lease = await patient;
    expect(lease.generation).toBe(1);
    await expect(test.service.lease(controller.signal)).rejects.toThrow('hung up');
    await test.service.stop();
  });

  it('sends those away who wait when it is stopped', async () => {
    using test = testService([script('exec sleep 4000')]);
    const waiting = test.service.lease();
    await test.service.stop();
    await expect(waiting).rejects.toMatchObject(unavailable(/was stopped/));
    expect(test.service.state()).toBe('stopped');
  });

  it('can be closed, and then starts no more', async () => {
    using test = testService([script(WELL)]);
    await test.service.lease();
    await test.service.close();
    await expect(test.service.lease()).rejects.toMatchObject(unavailable(/the sandbox stops/));
    test.service.warm();
    expect(test.service.state()).toBe('stopped');
  });

  it('that is switched off says by what', async () => {
    using test = testService([script(WELL)], { definition: { disabledBy: 'DISABLE_IT' } });
    expect(test.service.state()).toBe('disabled');
    await expect(test.service.lease()).rejects.toMatchObject({
      code: 'SERVICE_DISABLED',
      message: expect.stringContaining('DISABLE_IT'),
    });
    await test.service.stop();
  });
});

describe('a service that does not do as it should', () => {
  it('says at once that its program is missing', async () => {
    using test = testService([{ ...script(''), command: ['/no/such/program'] }]);
    await expect(test.service.lease()).rejects.toMatchObject(unavailable(/\/no\/such\/program is not installed/));
    await test.service.stop();
  });

  it('says what keeps its program from being started', async () => {
    using test = testService([script('', { directory: '/no/such/folder' })], { limits: { patience: 1 } });
    await expect(test.service.lease()).rejects.toMatchObject(unavailable(/can not be started in \/no\/such\/folder: .*ENOENT/));
    await test.service.stop();
  });

  it('is tried again, and then says how it ended and what it wrote, without secrets', async () => {
    using test = testService([script('echo start >>"$1/starts"; echo "no display, password hunter2" >&2; exit 3')]);
    const refusal = await test.service.lease().catch((error: unknown) => error);
    expect(refusal).toMatchObject(unavailable(/it ended with code 3\nno display, password \[redacted\]/));
    expect(refusal).toMatchObject({ headers: { 'retry-after': '1' } });
    expect(startsOf(test.folder)).toBe(3);
    expect(test.service.status()).toMatchObject({ restarts: 2, lastExit: { code: 3, signal: null } });
    await test.service.stop();
  });

  it('sends who asks while it backs off away with the time to come back', async () => {
    using test = testService([script('exit 1')], { limits: { longestDelayMs: 600_000, firstDelayMs: 600_000, patience: 1 } });
    await expect(test.service.lease()).rejects.toMatchObject(unavailable(/code 1/));
    await vi.waitFor(() => expect(test.service.state()).toBe('backing-off'), WAIT);
    await expect(test.service.lease()).rejects.toMatchObject({ headers: { 'retry-after': '600' } });
    await test.service.stop();
    expect(test.service.state()).toBe('stopped');
  });

  it('is ended when it is not ready in time, and says what it wrote', async () => {
    using test = testService([script('echo thinking; exec sleep 4002')], { limits: { startMs: 700, patience: 1 } });
    await expect(test.service.lease()).rejects.toMatchObject(unavailable(/did not come up within 1 s[^]*thinking/));
    await vi.waitFor(() => expect(['backing-off', 'stopped']).toContain(test.service.state()), WAIT);
    expect(processesWith('sleep 4002')).toEqual([]);
    await test.service.stop();
  });

  it('fails when it says that it can not start though it goes on', async () => {
    const ready = { line: /^ready$/, failure: /cannot listen/ };
    using test = testService([script('echo cannot listen; exec sleep 4003', { ready })], { limits: { patience: 1 } });
    await expect(test.service.lease()).rejects.toMatchObject(unavailable(/cannot listen/));
    await test.service.stop();
    expect(processesWith('sleep 4003')).toEqual([]);
  });

  it('is killed when it does not heed SIGTERM, with daemons that left its group', async () => {
    const deaf =
      'trap "" TERM; (setsid bash -c \'trap "" TERM; while :; do sleep 4.004; done\' &); echo ready; while :; do sleep 4.004; done';
    using test = testService([script(deaf)], { definition: { graceMs: 50 } });
    await test.service.lease();
    await test.service.stop();
    expect(processesWith('sleep 4.004')).toEqual([]);
  });

  it('starts again after a crash while it is in use, as another run', async () => {
    using test = testService([script(WELL)]);
    const lease = await test.service.lease();
    const ended = once(lease.ended, 'abort');
    process.kill(test.service.status().pid ?? 0, 'SIGKILL');
    await ended;
    const next = await test.service.lease();
    expect(next.generation).toBe(2);
    lease.release();
    expect(test.service.status()).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' }, idleSeconds: undefined });
    await test.service.stop();
  });

  it('gives nobody a lease of a run that has just ended', async () => {
    using test = testService([script(WELL)]);
    const lease = await test.service.lease();
    const again = new Promise<number>((resolve) => {
      lease.ended.addEventListener('abort', () => void test.service.lease().then(({ generation }) => resolve(generation)));
    });
    process.kill(test.service.status().pid ?? 0, 'SIGKILL');
    expect(await again).toBe(2);
    await test.service.stop();
  });

  it('keeps running while a program that it can do without is started again', async () => {
    const helper = script('echo start >>"$1/starts"; echo ready; [ $(wc -l <"$1/starts") -gt 1 ] && exec sleep 4005; exit 1', {
      name: 'helper',
      dispensable: true,
    });
    using test = testService([script('echo ready; exec sleep 4000'), helper]);
    const lease = await test.service.lease();
    await vi.waitFor(() => expect(processesWith('sleep 4005')).toHaveLength(1), WAIT);
    expect([lease.ended.aborted, test.service.state()]).toEqual([false, 'running']);
    await test.service.stop();
    expect(processesWith('sleep 4005')).toEqual([]);
  });

  it('stops, and starts again, though what it left can not be cleared away', async () => {
    const clear = () => Promise.reject(new Error('the folder is locked'));
    using test = testService([script(WELL)], { definition: { clear } });
    const first = await test.service.lease();
    await test.service.stop();
    expect(test.service.state()).toBe('stopped');
    const second = await test.service.lease();
    expect(second.generation).toBe(first.generation + 1);
    await test.service.stop();
  });

  it('says what stood in the way before any program began, and clears nothing of another', async () => {
    let cleared = 0;
    const prepare = async () => {
      throw new Error('port 1 is taken by another process');
    };
    const clear = async () => void (cleared += 1);
    using test = testService([], { definition: { prepare, clear } });
    await expect(test.service.lease()).rejects.toMatchObject(unavailable(/port 1 is taken by another process/));
    await test.service.stop();
    expect(cleared).toBe(0);
  });
});

describe('a service that needs another', () => {
  it('starts it, keeps it from idling, and ends with it', async () => {
    using screen = testService([script(WELL)], { limits: { idleMs: 20 } });
    using test = testService([script(WELL)], { definition: { name: 'browser', needs: ['screen'] }, get: () => screen.service });
    const lease = await test.service.lease();
    expect(screen.service.status()).toMatchObject({ state: 'running', idleSeconds: undefined });
    const ended = once(lease.ended, 'abort');
    const stopped = screen.service.stop();
    await ended;
    await stopped;
    expect(test.service.status().lastExit?.reason).toBe('the service screen has ended');
    expect((await test.service.lease()).generation).toBe(2);
    expect(test.service.status().restarts).toBe(0);
    await test.service.stop();
    await vi.waitFor(() => expect(screen.service.state()).toBe('stopped'), WAIT);
  });

  it('fails with the reason of the other', async () => {
    using screen = testService([{ ...script(''), command: ['/no/such/Xvnc'] }]);
    using test = testService([script(WELL)], { definition: { name: 'browser', needs: ['screen'] }, get: () => screen.service });
    await expect(test.service.lease()).rejects.toMatchObject(unavailable(/screen is not available: .*Xvnc is not installed/));
    await Promise.all([test.service.stop(), screen.service.stop()]);
  });
});

describe('200 starts and stops', () => {
  it('leave no process and no descriptor', async () => {
    using test = testService([script('(setsid sleep 4006 &); echo ready; exec sleep 4006')]);
    const descriptors = () => readdirSync('/proc/self/fd').length;
    (await test.service.lease()).release();
    await test.service.stop();
    const before = descriptors();
    for (let turn = 0; turn < 200; turn += 1) {
      await test.service.lease();
      await test.service.stop();
    }
    expect(processesWith('sleep 4006')).toEqual([]);
    expect(descriptors()).toBeLessThanOrEqual(before + 5);
    expect(test.service.status()).toMatchObject({ state: 'stopped', restarts: 0 });
  });
});
