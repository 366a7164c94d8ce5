import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  it('doubles up to the cap and starts anew after a reset', () => {
    const backoff = new Backoff({ baseMs: 100, capMs: 500, random: () => 1 });
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([100, 200, 400, 500, 500]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it('spreads over the upper half of each wait', () => {
    expect(new Backoff({ baseMs: 100, capMs: 500, random: () => 0 }).next()).toBe(50);
    expect(new Backoff({ baseMs: 100, capMs: 500, random: () => 0.5 }).next()).toBe(75);
  });
});
