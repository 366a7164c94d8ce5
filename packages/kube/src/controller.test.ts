import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { type Reconcile, runController, TerminalError } from './controller.ts';
import { defer } from './deferred.ts';
import { KubeError } from './kube-error.ts';
import { createKubeMetrics } from './metrics.ts';
import { eventually } from './testing/eventually.ts';
import { WorkQueue } from './work-queue.ts';

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly key?: string;
  readonly reconcileId?: string;
}

function start(reconcile: Reconcile, concurrency = 2) {
  const registry = new Registry();
  const metrics = createKubeMetrics(registry);
  const lines: LogLine[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) });
  const queue = new WorkQueue({ name: 'test', metrics, baseDelaySeconds: 0.001, maxDelaySeconds: 0.01 });
  const stop = new AbortController();
  const done = runController({ name: 'test', queue, concurrency, reconcile, log, metrics, signal: stop.signal });
  const total = async (result: string): Promise<number | undefined> => {
    const metric = await metrics.reconciles.get();
    return metric.values.find(({ labels }) => labels.result === result)?.value;
  };
  return { queue, stop, done, total, lines, metrics };
}

describe('runController()', () => {
  it('starts every result at zero', async () => {
    const { stop, done, total } = start(async () => undefined);
    expect(await Promise.all(['success', 'requeue_after', 'requeue', 'error'].map(total))).toEqual([0, 0, 0, 0]);
    stop.abort();
    await done;
  });

  it('works on several keys at once, but on one key never twice', async () => {
    const running = new Map<string, number>();
    let most = 0;
    let overlaps = 0;
    let runs = 0;
    const { queue, stop, done } = start(async (key) => {
      runs += 1;
      running.set(key, (running.get(key) ?? 0) + 1);
      if ((running.get(key) ?? 0) > 1) overlaps += 1;
      most = Math.max(
        most,
        [...running.values()].reduce((sum, each) => sum + each, 0),
      );
      queue.add(runs < 60 ? key : `${key}-last`);
      await sleep(1);
      running.set(key, (running.get(key) ?? 0) - 1);
    }, 3);
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await eventually('all runs', () => runs > 60);
    stop.abort();
    await done;
    expect(overlaps).toBe(0);
    expect(most).toBe(3);
  });

  it('tries again after an error, with a line for each, until it does well', async () => {
    let runs = 0;
    const { queue, stop, done, total, lines } = start(async () => {
      runs += 1;
      if (runs < 4) throw new Error('no luck');
    });
    queue.add('ns/a');
    await eventually('a success', async () => (await total('success')) === 1);
    stop.abort();
    await done;
    expect(await total('error')).toBe(3);
    expect(queue.failures('ns/a')).toBe(0);
    expect(lines.filter(({ msg }) => msg === 'reconcile failed')).toHaveLength(3);
    expect(new Set(lines.map(({ reconcileId }) => reconcileId)).size).toBe(3);
    expect(lines.every(({ key }) => key === 'ns/a')).toBe(true);
  });

  it('takes a conflict for a stale read: again soon, and no error', async () => {
    let runs = 0;
    const conflict = new KubeError({ status: 409, reason: 'Conflict', message: 'the object has been modified' });
    const { queue, stop, done, total, lines } = start(async () => {
      runs += 1;
      if (runs < 3) throw conflict;
    });
    queue.add('a');
    await eventually('a success', async () => (await total('success')) === 1);
    stop.abort();
    await done;
    expect(await total('requeue')).toBe(2);
    expect(await total('error')).toBe(0);
    expect(lines.every(({ level }) => level === 20)).toBe(true);
  });

  it('speaks up when conflicts do not end', async () => {
    const conflict = new KubeError({ status: 409, reason: 'AlreadyExists', message: 'pods "a" already exists' });
    const { queue, stop, done, total } = start(async () => {
      throw conflict;
    });
    queue.add('a');
    await eventually('an error', async () => (await total('error')) === 1);
    stop.abort();
    await done;
    expect(await total('requeue')).toBe(5);
  });

  it('does not try again after a TerminalError', async () => {
    let runs = 0;
    const { queue, stop, done, total, metrics } = start(async () => {
      runs += 1;
      throw new TerminalError('the spec can never work');
    });
    queue.add('a');
    await eventually('the error', async () => (await total('error')) === 1);
    await sleep(50);
    stop.abort();
    await done;
    expect(runs).toBe(1);
    expect((await metrics.terminalErrors.get()).values[0]?.value).toBe(1);
  });

  it('comes back after the time that the reconcile asked for', async () => {
    let runs = 0;
    const { queue, stop, done, total } = start(async () => {
      runs += 1;
      return runs < 3 ? { requeueAfterSeconds: 0.005 } : {};
    });
    queue.add('a');
    await eventually('the last run', async () => (await total('success')) === 1);
    stop.abort();
    await done;
    expect(await total('requeue_after')).toBe(2);
  });

  it('waits for the reconciles under way when it stops, and starts no other', async () => {
    const gate = defer<void>();
    const began = defer<void>();
    const finished: string[] = [];
    const { queue, stop, done } = start(async (key) => {
      began.resolve();
      await gate.promise;
      finished.push(key);
    }, 1);
    queue.add('a');
    queue.add('b');
    await began.promise;
    stop.abort();
    let over = false;
    void done.then(() => {
      over = true;
    });
    await sleep(20);
    expect(over).toBe(false);
    gate.resolve();
    await done;
    expect(finished).toEqual(['a']);
  });

  it('ends at once with a signal that was aborted before', async () => {
    const queue = new WorkQueue({ name: 'test' });
    const reconcile = async (): Promise<void> => undefined;
    const log = pino({ level: 'silent' });
    await runController({ name: 'test', queue, concurrency: 2, reconcile, log, signal: AbortSignal.abort() });
  });
});
