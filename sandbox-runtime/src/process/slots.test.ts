import { describe, expect, it } from 'vitest';

import { Slots } from './slots.ts';

const never = new AbortController().signal;
function gate() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => void (resolve = done));
  return { promise, resolve };
}

describe('Slots', () => {
  it('runs so many at once and the others in the order in which they came', async () => {
    const slots = new Slots(2, 10);
    const gates = [gate(), gate(), gate(), gate()];
    const began: number[] = [];
    const runs = gates.map(({ promise }, index) =>
      slots.run(never, async () => {
        began.push(index);
        await promise;
      }),
    );
    await Promise.resolve();
    expect(began).toEqual([0, 1]);
    gates[1]?.resolve();
    await runs[1];
    await new Promise(setImmediate);
    expect(began).toEqual([0, 1, 2]);
    for (const { resolve } of gates) resolve();
    await Promise.all(runs);
    expect(began).toEqual([0, 1, 2, 3]);
  });

  it('refuses whom it has no room for, and forgets whoever gave up waiting', async () => {
    const slots = new Slots(1, 1);
    const { promise, resolve } = gate();
    const first = slots.run(never, () => promise);
    const controller = new AbortController();
    const second = slots.run(controller.signal, async () => {});
    await expect(slots.run(never, async () => {})).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    controller.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    const third = slots.run(never, async () => 'third');
    resolve();
    await first;
    expect(await third).toBe('third');
    expect(await slots.run(never, async () => 'fourth')).toBe('fourth');
  });

  it('gives the place back when a task fails', async () => {
    const slots = new Slots(1, 0);
    await expect(slots.run(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await slots.run(never, async () => 1)).toBe(1);
  });
});
