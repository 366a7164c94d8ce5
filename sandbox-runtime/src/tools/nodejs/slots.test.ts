import { describe, expect, it } from 'vitest';

import { Slots } from './slots.ts';

describe('Slots', () => {
  it('runs some at once, keeps some waiting in order, and refuses the rest', async () => {
    const slots = new Slots(1, 2);
    const order: string[] = [];
    let release!: () => void;
    const first = slots.use(() => new Promise<void>((resolve) => (release = resolve)));
    const stop = new AbortController();
    const second = slots.use(async () => void order.push('second'), stop.signal);
    const third = slots.use(async () => void order.push('third'));
    await expect(slots.use(async () => 1)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    stop.abort(new Error('gone'));
    release();
    await Promise.all([first, third, expect(second).rejects.toThrow('gone')]);
    expect(order).toEqual(['third']);
    expect(await slots.use(async () => 'free again')).toBe('free again');
  });
});
