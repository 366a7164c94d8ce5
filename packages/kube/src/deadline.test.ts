import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startDeadline } from './deadline.ts';

afterEach(() => void vi.useRealTimers());

describe('startDeadline()', () => {
  it('aborts after the time, counted from the last refresh', () => {
    vi.useFakeTimers();
    const deadline = startDeadline(1000);
    vi.advanceTimersByTime(900);
    deadline.refresh();
    vi.advanceTimersByTime(900);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(100);
    expect(deadline.timedOut).toBe(true);
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('takes another length from a refresh on', () => {
    vi.useFakeTimers();
    const deadline = startDeadline(1000);
    deadline.refresh(5000);
    vi.advanceTimersByTime(4000);
    deadline.refresh();
    vi.advanceTimersByTime(4999);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toMatchObject({ message: 'no answer within 5 s' });
  });

  it('takes over the reason of the outer signal, also when that was aborted before', () => {
    const outer = new AbortController();
    const before = startDeadline(1000, outer.signal);
    outer.abort(new Error('stopped'));
    const after = startDeadline(1000, outer.signal);
    expect(before.signal.reason).toEqual(new Error('stopped'));
    expect(after.signal.reason).toEqual(new Error('stopped'));
    expect(after.timedOut).toBe(false);
    before.end();
    after.end();
  });

  it('lets go of the outer signal at its end', () => {
    const outer = new AbortController();
    for (let i = 0; i < 100; i += 1) startDeadline(1000, outer.signal).end();
    expect(getEventListeners(outer.signal, 'abort')).toHaveLength(0);
  });
});
