import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, type OnTestFinishedHandler } from 'vitest';
import { defer } from './deferred.ts';
import { LeaderElector, type LeaderElectorOptions } from './leader-elector.ts';
import { leases } from './resources.ts';
import { eventually } from './testing/eventually.ts';
import { MemoryApiserver, sendStatus } from './testing/memory-apiserver.ts';

const ref = { namespace: 'a', name: 'operator' };
const log = pino({ level: 'silent' });
// Long enough that a busy machine does not lose the lease by being late.
const TIMES = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 0.1 };

/** An API server of the test's own: most of these tests wait, so they run side by side. */
async function cluster(onTestFinished: (end: OnTestFinishedHandler) => void) {
  const server = await MemoryApiserver.start();
  const client = server.client();
  const ends: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    await Promise.all(ends.map((end) => end()));
    await client.close();
    await server.close();
  });

  function stand(identity: string, options: Partial<LeaderElectorOptions> = {}, work?: (signal: AbortSignal) => Promise<void>) {
    const own = server.client({ userAgent: identity });
    const elector = new LeaderElector({ client: own, ...ref, identity, log, ...TIMES, ...options });
    const stop = new AbortController();
    const said: string[] = [];
    const callbacks = {
      onStartedLeading: async (signal: AbortSignal) => {
        said.push('started');
        if (work) return work(signal);
        const stopped = defer<void>();
        signal.addEventListener('abort', () => stopped.resolve());
        await stopped.promise;
        said.push('work done');
      },
      onStoppedLeading: (reason: string) => void said.push(reason),
    };
    const done = elector.run(callbacks, stop.signal);
    ends.push(async () => {
      stop.abort();
      await done.catch(() => undefined);
      await own.close();
    });
    return { elector, stop, said, done };
  }

  return { server, client, stand, lease: async () => (await client.get(leases, ref)).spec };
}

const leads = (candidate: { elector: LeaderElector }) => eventually('a leader', () => candidate.elector.isLeader);

describe.concurrent('LeaderElector', () => {
  it('creates the lease and renews it', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const a = on.stand('a');
    await leads(a);
    const first = await on.lease();
    expect(first).toMatchObject({ holderIdentity: 'a', leaseTransitions: 0 });
    expect(first?.renewTime).toMatch(/\.\d{6}Z$/);
    await eventually('a renewal', async () => (await on.lease())?.renewTime !== first?.renewTime);
    expect((await on.lease())?.acquireTime).toBe(first?.acquireTime);
  });

  it('has one leader among several candidates', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const all = ['a', 'b', 'c'].map((identity) => on.stand(identity));
    await eventually('a leader', () => all.some(({ elector }) => elector.isLeader));
    await sleep(500);
    expect(all.filter(({ elector }) => elector.isLeader)).toHaveLength(1);
  });

  it('gives the lease back when the work is done, and not before', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const gate = defer<void>();
    const a = on.stand('a', {}, () => gate.promise);
    await leads(a);
    const b = on.stand('b');
    a.stop.abort();
    // Longer than the lease lasts: it is renewed while the work winds down.
    await sleep(5000);
    expect(b.elector.isLeader).toBe(false);
    expect((await on.lease())?.holderIdentity).toBe('a');
    gate.resolve();
    await a.done;
    expect(a.said).toEqual(['started', 'released']);
    await leads(b);
    expect((await on.lease())?.leaseTransitions).toBe(1);
  });

  it('takes a lease that was given back at once, without waiting for the next poll', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const slow = { leaseDurationSeconds: 3600, renewDeadlineSeconds: 1800, retryPeriodSeconds: 900 };
    const a = on.stand('a', slow);
    await leads(a);
    const b = on.stand('b', slow);
    await eventually('the watch', () => on.server.openWatches === 1);
    await eventually('the first try', () =>
      on.server.requests.some(({ headers, method }) => headers['user-agent'] === 'b' && method === 'GET'),
    );
    await sleep(100);
    a.stop.abort();
    await a.done;
    await leads(b);
  });

  it('polls when it may not watch', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    on.server.intercept(({ query }, response) => query.has('watch') && (sendStatus(response, 403, 'Forbidden', 'no'), true));
    const a = on.stand('a');
    await leads(a);
    const b = on.stand('b');
    a.stop.abort();
    await a.done;
    await leads(b);
  });

  it('takes a lease that its holder lets run out, timed by its own clock', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    on.server.put('leases', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: ref,
      // Of a machine whose clock is wrong: long past by ours.
      spec: { holderIdentity: 'crashed', leaseDurationSeconds: 1, renewTime: '2001-01-01T00:00:00.000000Z', leaseTransitions: 4 },
    });
    const started = performance.now();
    const b = on.stand('b');
    await leads(b);
    expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
    expect((await on.lease())?.leaseTransitions).toBe(5);
  });

  it('does not take a lease whose holder is alive, whatever the times in it say', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    let beat = 0;
    const renew = (): unknown =>
      on.server.put('leases', {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: ref,
        spec: { holderIdentity: 'alive', leaseDurationSeconds: 1, renewTime: `2001-01-01T00:00:00.00000${(beat += 1) % 10}Z` },
      });
    renew();
    const timer = setInterval(renew, 200);
    const b = on.stand('b');
    await sleep(3000);
    clearInterval(timer);
    expect(b.elector.isLeader).toBe(false);
  });

  it('is not fooled by a change of the labels into thinking that the holder is alive', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const spec = { holderIdentity: 'crashed', leaseDurationSeconds: 1, renewTime: '2026-01-01T00:00:00.000000Z' };
    const label = (value: string): unknown =>
      on.server.put('leases', {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { ...ref, labels: { value } },
        spec,
      });
    label('0');
    const timer = setInterval(() => label(String(performance.now())), 100);
    await leads(on.stand('b'));
    clearInterval(timer);
  });

  it('stops leading when it cannot renew, before the lease runs out', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const a = on.stand('a');
    await leads(a);
    on.server.intercept(({ headers, method }, response) => {
      if (headers['user-agent'] !== 'a' || method === 'GET') return false;
      return (sendStatus(response, 500, 'InternalError', 'etcd is away'), true);
    });
    await a.done;
    expect(a.said).toContain('lost');
    expect(a.elector.isLeader).toBe(false);
    expect((await on.lease())?.holderIdentity).toBe('a');
  });

  it('stops leading when calls hang, and another leads only after that', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const a = on.stand('a');
    await leads(a);
    const b = on.stand('b');
    on.server.intercept(({ headers }) => headers['user-agent'] === 'a');
    const order: string[] = [];
    void a.done.then(() => order.push('a stopped'));
    await leads(b);
    order.push('b leads');
    await a.done;
    expect(a.said).toContain('lost');
    expect(order).toEqual(['a stopped', 'b leads']);
  });

  it('survives a call that hangs when the next one does not', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const a = on.stand('a', { leaseDurationSeconds: 10, renewDeadlineSeconds: 6 });
    await leads(a);
    let hung = 0;
    on.server.intercept(({ method }) => method === 'PUT' && (hung += 1) === 1);
    const before = (await on.lease())?.renewTime;
    await eventually('a renewal after it', async () => hung > 1 && (await on.lease())?.renewTime !== before);
    expect(a.elector.isLeader).toBe(true);
  });

  it('stops leading when another took the lease, without taking it back', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const a = on.stand('a');
    await leads(a);
    const taken = await on.client.get(leases, ref);
    on.server.put('leases', { ...taken, spec: { ...taken.spec, holderIdentity: 'thief', leaseDurationSeconds: 1 } });
    await a.done;
    expect(a.said).toContain('lost');
    expect((await on.lease())?.holderIdentity).toBe('thief');
  });

  it('makes the lease again when somebody deletes it', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const a = on.stand('a');
    await leads(a);
    on.server.drop('leases', await on.client.get(leases, ref));
    await eventually('the lease', async () => (await on.lease().catch(() => undefined))?.holderIdentity === 'a');
    expect(a.elector.isLeader).toBe(true);
  });

  it('gives the lease back and rejects when the work fails', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    const a = on.stand('a', {}, () => Promise.reject(new Error('the work failed')));
    await expect(a.done).rejects.toThrow('the work failed');
    expect((await on.lease())?.holderIdentity).toBe('');
    expect(a.elector.isLeader).toBe(false);
  });

  it('ends without leading when it is stopped before', async ({ onTestFinished }) => {
    const on = await cluster(onTestFinished);
    await leads(on.stand('a'));
    const b = on.stand('b');
    await sleep(50);
    b.stop.abort();
    await b.done;
    expect(b.said).toEqual([]);
  });

  it.for([
    { leaseDurationSeconds: 10, renewDeadlineSeconds: 10, retryPeriodSeconds: 2 },
    { leaseDurationSeconds: 15, renewDeadlineSeconds: 2, retryPeriodSeconds: 2 },
    { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 0 },
  ])('refuses times that allow two leaders: %j', async (times, { onTestFinished }) => {
    const on = await cluster(onTestFinished);
    expect(() => new LeaderElector({ client: on.client, ...ref, identity: 'a', log, ...times })).toThrow(RangeError);
  });
});
