import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKubeMetrics } from './metrics.ts';
import { WorkQueue } from './work-queue.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('WorkQueue', () => {
  it('gives keys in the order they came, each once', async () => {
    const queue = new WorkQueue({ name: 'q' });
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.length).toBe(3);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(['a', 'b', 'c']);
  });

  it('never has a key in work twice, but gives it again when it was added meanwhile', async () => {
    const queue = new WorkQueue({ name: 'q' });
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('hands a key to the one who has waited the longest', async () => {
    const queue = new WorkQueue({ name: 'q' });
    const takers = [queue.get(), queue.get()];
    queue.add('a');
    queue.add('b');
    expect(await Promise.all(takers)).toEqual(['a', 'b']);
  });

  it('adds a key after a time, at the earliest of several', () => {
    const queue = new WorkQueue({ name: 'q' });
    queue.addAfter('a', 10);
    queue.addAfter('a', 3);
    queue.addAfter('a', 5);
    vi.advanceTimersByTime(2999);
    expect(queue.length).toBe(0);
    vi.advanceTimersByTime(1);
    expect(queue.length).toBe(1);
    vi.advanceTimersByTime(20_000);
    expect(queue.length).toBe(1);
  });

  it.for([0, -1, Number.NaN])('adds a key at once for a wait of %d', (seconds) => {
    const queue = new WorkQueue({ name: 'q' });
    queue.addAfter('a', seconds);
    expect(queue.length).toBe(1);
  });

  it('keeps a wait that is longer than a timer can hold', () => {
    const queue = new WorkQueue({ name: 'q' });
    const days = (count: number): number => count * 24 * 3600;
    queue.addAfter('a', days(60));
    vi.advanceTimersByTime(days(59) * 1000);
    expect(queue.length).toBe(0);
    vi.advanceTimersByTime(days(1) * 1000 + 10);
    expect(queue.length).toBe(1);
  });

  it('backs off by key, up to the cap, until the key does well', () => {
    const queue = new WorkQueue({ name: 'q', baseDelaySeconds: 1, maxDelaySeconds: 5 });
    const waits = [1, 2, 3, 4].map(() => queue.addRateLimited('a'));
    expect(waits).toEqual([1, 2, 4, 5]);
    expect(queue.failures('a')).toBe(4);
    expect(queue.addRateLimited('b')).toBe(1);
    queue.forget('a');
    expect(queue.addRateLimited('a')).toBe(1);
  });

  it('waits at least as long as the server asked for', () => {
    const queue = new WorkQueue({ name: 'q', baseDelaySeconds: 1 });
    expect(queue.addRateLimited('a', 7)).toBe(7);
  });

  it('takes in ten thousand keys and gives them out in order', async () => {
    const queue = new WorkQueue({ name: 'q' });
    const keys = Array.from({ length: 10_000 }, (_, i) => `ns/${i}`);
    for (const key of keys) queue.add(key);
    const got: string[] = [];
    for (const _ of keys) {
      const key = await queue.get();
      if (key === undefined) break;
      got.push(key);
      queue.done(key);
    }
    expect(got).toEqual(keys);
  });

  it('ends for all who wait when it is shut down, and takes nothing in', async () => {
    const queue = new WorkQueue({ name: 'q' });
    const waiting = queue.get();
    queue.addAfter('later', 1);
    queue.shutDown();
    queue.add('a');
    vi.advanceTimersByTime(2000);
    expect(await waiting).toBeUndefined();
    expect(await queue.get()).toBeUndefined();
    expect(queue.length).toBe(0);
  });

  it('counts under the names of the workqueue metrics, from zero on', async () => {
    const registry = new Registry();
    const queue = new WorkQueue({ name: 'sandbox', metrics: createKubeMetrics(registry) });
    const value = async (name: string): Promise<number | undefined> => {
      const metric = (await registry.getMetricsAsJSON()).find((each) => each.name === name);
      return metric?.values.find(({ labels }) => labels['name'] === 'sandbox')?.value;
    };
    expect(await value('workqueue_depth')).toBe(0);
    expect(await value('workqueue_adds_total')).toBe(0);
    expect(await value('workqueue_retries_total')).toBe(0);
    queue.add('a');
    queue.add('b');
    expect(await value('workqueue_depth')).toBe(2);
    expect(await value('workqueue_adds_total')).toBe(2);
    await queue.get();
    await vi.advanceTimersByTimeAsync(3000);
    expect(await value('workqueue_depth')).toBe(1);
    expect(await value('workqueue_unfinished_work_seconds')).toBeCloseTo(3);
    expect(await value('workqueue_longest_running_processor_seconds')).toBeCloseTo(3);
    queue.addRateLimited('a');
    expect(await value('workqueue_retries_total')).toBe(1);
  });
});
