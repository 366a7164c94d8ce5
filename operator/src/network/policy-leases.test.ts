import { describe, expect, it } from 'vitest';

import { PolicyLeases } from './policy-leases.ts';

const KEY = 'default/sandfleet-internet-0';

describe('PolicyLeases', () => {
  it('excludes holders from a policy that nobody holds', async () => {
    expect(await new PolicyLeases().exclude(KEY, () => Promise.resolve('removed'))).toBe('removed');
  });

  it('runs no task while a policy is held, until the last hold is released', async () => {
    const leases = new PolicyLeases();
    const [first, second] = [leases.hold(KEY), leases.hold(KEY)];
    const removal = () => leases.exclude(KEY, () => Promise.reject(new Error('ran under a hold')));
    expect(await removal()).toBeUndefined();
    first?.();
    first?.();
    expect(await removal()).toBeUndefined();
    second?.();
    expect(await leases.exclude(KEY, () => Promise.resolve('removed'))).toBe('removed');
  });

  it('gives no hold, and runs no second task, while one is under way', async () => {
    const leases = new PolicyLeases();
    let finish = (): void => undefined;
    const deletion = new Promise<void>((resolve) => (finish = resolve));
    const removal = leases.exclude(KEY, async () => {
      await deletion;
      return 'removed';
    });
    expect(leases.hold(KEY)).toBeUndefined();
    expect(await leases.exclude(KEY, () => Promise.resolve('removed twice'))).toBeUndefined();
    expect(leases.hold('default/another')).toBeTypeOf('function');
    finish();
    expect(await removal).toBe('removed');
    expect(leases.hold(KEY)).toBeTypeOf('function');
  });

  it('gives holds again after a task that failed', async () => {
    const leases = new PolicyLeases();
    await expect(leases.exclude(KEY, () => Promise.reject(new Error('forbidden')))).rejects.toThrow('forbidden');
    expect(leases.hold(KEY)).toBeTypeOf('function');
  });

  it('lets no pod be written without its policy, in any order of holds, writes and removals', async () => {
    for (let seed = 1; seed <= 300; seed += 1) await interleave(random(seed));
  });
});

/** A small generator, so that a failing order can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Creators and one remover over a policy that lives in a set, with every write taking a random number of turns. */
async function interleave(next: () => number): Promise<void> {
  const leases = new PolicyLeases();
  const policies = new Set([KEY]);
  const pods = new Set<number>();
  const turns = async () => {
    for (let turn = Math.floor(next() * 5); turn > 0; turn -= 1) await Promise.resolve();
  };
  const create = async (pod: number) => {
    await turns();
    const release = leases.hold(KEY);
    if (release === undefined || !policies.has(KEY)) return release?.();
    await turns();
    expect(policies.has(KEY)).toBe(true);
    pods.add(pod);
    release();
  };
  const remove = async () => {
    await turns();
    await leases.exclude(KEY, async () => {
      if (pods.size > 0) return;
      await turns();
      policies.delete(KEY);
      await turns();
      expect(pods.size).toBe(0);
    });
  };
  await Promise.all([create(1), remove(), create(2), remove(), create(3)]);
  expect(pods.size === 0 || policies.has(KEY)).toBe(true);
}
