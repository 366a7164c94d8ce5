import { describe, expect, it } from 'vitest';

import { AT_FIRST, delayOf, nextTick, step, type Limits, type Order, type ServiceEvent, type Situation } from './supervision.ts';

const limits: Limits = {
  startMs: 30_000,
  idleMs: 600_000,
  healthyMs: 60_000,
  firstDelayMs: 500,
  longestDelayMs: 30_000,
  patience: 3,
};
const at = (change: Partial<Situation>): Situation => ({ ...AT_FIRST, ...change });
const failed: ServiceEvent = { type: 'failed', hopeless: false };
const missing: ServiceEvent = { type: 'failed', hopeless: true };

interface Case {
  readonly from: Partial<Situation>;
  readonly event: ServiceEvent;
  readonly time?: number;
  readonly to: Partial<Situation>;
  readonly orders?: readonly Order[];
}

const running = { state: 'running', since: 0 } as const;
const cases: Readonly<Record<string, Case>> = {
  'starts for the first who asks': {
    from: {},
    event: { type: 'asked' },
    to: { state: 'starting', waiting: 1, since: 1000 },
    orders: ['start'],
  },
  'starts once for all who ask meanwhile': {
    from: { state: 'starting', waiting: 1 },
    event: { type: 'asked' },
    to: { state: 'starting', waiting: 2 },
  },
  'goes on starting when the only one who waited gave up': {
    from: { state: 'starting', waiting: 1 },
    event: { type: 'gave-up' },
    to: { state: 'starting', waiting: 0 },
  },
  'gives all who wait their leases when it is ready': {
    from: { state: 'starting', waiting: 3 },
    event: { type: 'ready' },
    to: { ...running, since: 1000, idleSince: 1000, leases: 3 },
    orders: ['grant'],
  },
  'gives a lease at once while it runs': {
    from: { ...running, leases: 2 },
    event: { type: 'asked' },
    to: { ...running, leases: 3 },
    orders: ['grant'],
  },
  'counts idle time from the last lease on': {
    from: { ...running, leases: 1 },
    event: { type: 'released' },
    time: 5000,
    to: { ...running, idleSince: 5000 },
  },
  'counts idle time anew when it is at work for nobody who holds a lease': {
    from: { ...running },
    event: { type: 'busy' },
    time: 700_000,
    to: { ...running, idleSince: 700_000 },
  },
  'knows no lease of a run that is over': { from: { state: 'stopping' }, event: { type: 'released' }, to: { state: 'stopping' } },
  'stops when it was idle for long': {
    from: { ...running, idleSince: 1000 },
    event: { type: 'tick' },
    time: 601_000,
    to: { state: 'stopping', since: 601_000, idleSince: 1000 },
    orders: ['end'],
  },
  'does not stop before': {
    from: { ...running, idleSince: 1000 },
    event: { type: 'tick' },
    time: 600_999,
    to: { ...running, idleSince: 1000 },
  },
  'does not stop while it is leased': {
    from: { ...running, leases: 1 },
    event: { type: 'tick' },
    time: 9_000_000,
    to: { ...running, leases: 1 },
  },
  'does not stop a warm one that nobody has used': {
    from: { ...running, kept: true },
    event: { type: 'tick' },
    time: 9_000_000,
    to: { ...running, kept: true },
  },
  'treats a warm one like all others once it was used': {
    from: { ...running, kept: true },
    event: { type: 'asked' },
    to: { ...running, leases: 1 },
    orders: ['grant'],
  },
  'warms what is stopped': {
    from: {},
    event: { type: 'warmed' },
    to: { state: 'starting', since: 1000, kept: true },
    orders: ['start'],
  },
  'holds those who ask while it stops': {
    from: { state: 'stopping' },
    event: { type: 'asked' },
    to: { state: 'stopping', waiting: 1 },
  },
  'starts anew for those once it is gone': {
    from: { state: 'stopping', waiting: 1 },
    event: { type: 'gone' },
    to: { state: 'starting', since: 1000, waiting: 1 },
    orders: ['start'],
  },
  'is stopped when it is gone': { from: { state: 'stopping' }, event: { type: 'gone' }, to: { state: 'stopped', since: 1000 } },
  'ends what is left of a start that failed, and keeps those who wait': {
    from: { state: 'starting', waiting: 2 },
    event: failed,
    to: { state: 'stopping', since: 1000, waiting: 2, failures: 1, failed: true },
    orders: ['end'],
  },
  'backs off before it tries again': {
    from: { state: 'stopping', waiting: 2, failures: 1, failed: true },
    event: { type: 'gone' },
    to: { state: 'backing-off', since: 1000, until: 1500, waiting: 2, failures: 1 },
  },
  'tries again for those who wait': {
    from: { state: 'backing-off', until: 1500, waiting: 2, failures: 1 },
    event: { type: 'tick' },
    time: 1500,
    to: { state: 'starting', since: 1500, until: 1500, waiting: 2, failures: 1 },
    orders: ['start'],
  },
  'does not try again before its time': {
    from: { state: 'backing-off', until: 1500, waiting: 2, failures: 1 },
    event: { type: 'tick' },
    time: 1499,
    to: { state: 'backing-off', until: 1500, waiting: 2, failures: 1 },
  },
  'does not try again for nobody': {
    from: { state: 'backing-off', until: 1500, failures: 1 },
    event: { type: 'tick' },
    time: 1500,
    to: { state: 'stopped', since: 1500, until: 1500, failures: 1 },
  },
  'sends everybody away after failures one upon another': {
    from: { state: 'starting', waiting: 2, failures: 2 },
    event: failed,
    to: { state: 'stopping', since: 1000, failures: 3, failed: true },
    orders: ['refuse', 'end'],
  },
  'sends away who asks while it backs off from those': {
    from: { state: 'backing-off', until: 5000, failures: 3 },
    event: { type: 'asked' },
    to: { state: 'backing-off', until: 5000, failures: 3 },
    orders: ['refuse'],
  },
  'sends away who asks while the last of those is cleared away': {
    from: { state: 'stopping', failed: true, failures: 3 },
    event: { type: 'asked' },
    to: { state: 'stopping', failed: true, failures: 3 },
    orders: ['refuse'],
  },
  'holds who asks while it backs off from a first failure': {
    from: { state: 'backing-off', until: 5000, failures: 1 },
    event: { type: 'asked' },
    to: { state: 'backing-off', until: 5000, failures: 1, waiting: 1 },
  },
  'tries once more for who asks after it has backed off': {
    from: { state: 'stopped', failures: 5 },
    event: { type: 'asked' },
    to: { state: 'starting', since: 1000, failures: 5, waiting: 1 },
    orders: ['start'],
  },
  'sends everybody away at once when the program is missing': {
    from: { state: 'starting', waiting: 2, kept: true },
    event: missing,
    to: { state: 'stopping', since: 1000, failures: 1, failed: true, kept: true },
    orders: ['refuse', 'end'],
  },
  'takes a start that takes too long for a failed one': {
    from: { state: 'starting', since: 0, waiting: 1 },
    event: { type: 'tick' },
    time: 30_000,
    to: { state: 'stopping', since: 30_000, waiting: 1, failures: 1, failed: true },
    orders: ['end'],
  },
  'starts again what was in use when it crashed': {
    from: { ...running, leases: 2 },
    event: failed,
    to: { state: 'stopping', since: 1000, failures: 1, failed: true, wanted: true },
    orders: ['end'],
  },
  'does not start again what nobody used': {
    from: { ...running },
    event: failed,
    to: { state: 'stopping', since: 1000, failures: 1, failed: true },
    orders: ['end'],
  },
  'starts again what was kept warm': {
    from: { state: 'backing-off', until: 1500, wanted: true, kept: true },
    event: { type: 'tick' },
    time: 1500,
    to: { state: 'starting', since: 1500, until: 1500, kept: true },
    orders: ['start'],
  },
  'forgets earlier failures after a healthy life': {
    from: { ...running, leases: 1, failures: 7 },
    event: failed,
    time: 60_000,
    to: { state: 'stopping', since: 60_000, failures: 1, failed: true, wanted: true },
    orders: ['end'],
  },
  'goes with what it needs, without having failed': {
    from: { ...running, leases: 2 },
    event: { type: 'lost' },
    to: { state: 'stopping', since: 1000 },
    orders: ['end'],
  },
  'starts anew for those who waited when what it needs was stopped': {
    from: { state: 'starting', waiting: 2 },
    event: { type: 'lost' },
    to: { state: 'stopping', since: 1000, waiting: 2 },
    orders: ['end'],
  },
  'stops on demand, with leases or without': {
    from: { ...running, leases: 2, failures: 2, kept: true },
    event: { type: 'stop' },
    to: { state: 'stopping', since: 1000 },
    orders: ['refuse', 'end'],
  },
  'stops on demand while it starts': {
    from: { state: 'starting', waiting: 2 },
    event: { type: 'stop' },
    to: { state: 'stopping', since: 1000 },
    orders: ['refuse', 'end'],
  },
  'stops on demand while it backs off': {
    from: { state: 'backing-off', until: 9000, waiting: 1, failures: 1, wanted: true },
    event: { type: 'stop' },
    to: { state: 'stopped', since: 1000, until: 9000 },
    orders: ['refuse'],
  },
  'forgets on demand that it has failed': {
    from: { state: 'stopped', failures: 9 },
    event: { type: 'stop' },
    to: { state: 'stopped' },
    orders: ['refuse'],
  },
  'ignores the failure of a run that is being ended': { from: { state: 'stopping' }, event: failed, to: { state: 'stopping' } },
  'ignores that a run was ready that is being ended': {
    from: { state: 'stopping', waiting: 1 },
    event: { type: 'ready' },
    to: { state: 'stopping', waiting: 1 },
  },
};

describe('step()', () => {
  it.for(Object.entries(cases))('%s', ([, { from, event, time = 1000, to, orders = [] }]) => {
    expect(step(at(from), event, time, limits)).toEqual({ next: at(to), orders });
  });
});

describe('nextTick()', () => {
  it.for<[string, Partial<Situation>, number | undefined]>([
    ['the end of the time to start', { state: 'starting', since: 10 }, 30_010],
    ['the end of backing off', { state: 'backing-off', until: 77 }, 77],
    ['the end of the idle time', { state: 'running', idleSince: 5 }, 600_005],
    ['nothing while it is leased', { state: 'running', leases: 1 }, undefined],
    ['nothing while it is kept warm', { state: 'running', kept: true }, undefined],
    ['nothing when stopped', { state: 'stopped' }, undefined],
    ['nothing while it ends', { state: 'stopping' }, undefined],
  ])('is %s', ([, situation, time]) => {
    expect(nextTick(at(situation), limits)).toBe(time);
  });

  it('is nothing for what is never idle', () => {
    expect(nextTick(at({ state: 'running' }), { ...limits, idleMs: 0 })).toBeUndefined();
  });
});

describe('delayOf()', () => {
  it('doubles up to the longest', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 2000].map((failures) => delayOf(failures, limits))).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });
});
