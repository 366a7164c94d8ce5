import type { ServiceState } from './service.ts';

/** What happens to a service. */
export type ServiceEvent =
  | { readonly type: 'asked' }
  | { readonly type: 'gave-up' }
  | { readonly type: 'released' }
  /** It works for somebody who holds no lease. */
  | { readonly type: 'busy' }
  /** It shall run before anybody asks. */
  | { readonly type: 'warmed' }
  | { readonly type: 'ready' }
  /** The run is of no use any more. `hopeless`: the next would fare no better. */
  | { readonly type: 'failed'; readonly hopeless: boolean }
  /** What it needs was stopped, which is no failure of its own. */
  | { readonly type: 'lost' }
  /** No process of the run is left. */
  | { readonly type: 'gone' }
  | { readonly type: 'stop' }
  | { readonly type: 'tick' };

/** What is to be done: start or end a run, give all who wait their leases, or send them away. */
export type Order = 'start' | 'end' | 'grant' | 'refuse';

/** Times in milliseconds. */
export interface Limits {
  readonly startMs: number;
  /** 0 is never. */
  readonly idleMs: number;
  /** A run that lasts so long makes up for earlier failures. */
  readonly healthyMs: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** So many failures one after another, and who asks is sent away rather than held. */
  readonly patience: number;
}

/** All that the next step depends on. */
export interface Situation {
  readonly state: Exclude<ServiceState, 'disabled'>;
  /** When the state began. */
  readonly since: number;
  readonly waiting: number;
  readonly leases: number;
  /** When it ran out of leases. */
  readonly idleSince: number;
  /** One after another. */
  readonly failures: number;
  /** End of backing off. */
  readonly until: number;
  /** A run that is being ended has failed; else it is not wanted any more. */
  readonly failed: boolean;
  /** After backing off it starts though nobody waits. */
  readonly wanted: boolean;
  /** Warmed and not used since: it is not idle, it is ready. */
  readonly kept: boolean;
}

export interface Step {
  readonly next: Situation;
  readonly orders: readonly Order[];
}

export const AT_FIRST: Situation = {
  state: 'stopped',
  since: 0,
  waiting: 0,
  leases: 0,
  idleSince: 0,
  failures: 0,
  until: 0,
  failed: false,
  wanted: false,
  kept: false,
};

/** One step of the machine in `service.ts`; what does not fit the state changes nothing. */
export function step(now: Situation, event: ServiceEvent, time: number, limits: Limits): Step {
  switch (event.type) {
    case 'asked':
      return asked({ ...now, kept: false, waiting: now.waiting + 1 }, time, limits);
    case 'gave-up':
      return still({ ...now, waiting: Math.max(0, now.waiting - 1) });
    case 'released':
      return still(now.state === 'running' ? { ...now, leases: Math.max(0, now.leases - 1), idleSince: time } : now);
    case 'busy':
      return still({ ...now, idleSince: time });
    case 'warmed':
      return now.state === 'stopped' ? start({ ...now, kept: true }, time) : still({ ...now, kept: now.leases === 0 });
    case 'ready':
      return now.state === 'starting' ? grant({ ...now, state: 'running', since: time, idleSince: time }) : still(now);
    case 'failed':
      return fail(now, event.hopeless, time, limits);
    case 'lost':
      return now.state === 'starting' || now.state === 'running'
        ? { next: { ...now, state: 'stopping', since: time, leases: 0 }, orders: ['end'] }
        : still(now);
    case 'gone':
      return now.state === 'stopping' ? gone(now, time, limits) : still(now);
    case 'stop':
      return stop(now, time);
    case 'tick':
      return tick(now, time, limits);
  }
}

/** When the machine wants a tick. */
export function nextTick({ state, since, until, leases, kept, idleSince }: Situation, limits: Limits): number | undefined {
  if (state === 'starting') return since + limits.startMs;
  if (state === 'backing-off') return until;
  return state === 'running' && leases === 0 && !kept && limits.idleMs > 0 ? idleSince + limits.idleMs : undefined;
}

export const delayOf = (failures: number, { firstDelayMs, longestDelayMs }: Limits): number =>
  Math.min(longestDelayMs, firstDelayMs * 2 ** Math.max(0, failures - 1));

const still = (next: Situation): Step => ({ next, orders: [] });

const start = (now: Situation, time: number): Step => ({
  next: { ...now, state: 'starting', since: time, failed: false, wanted: false },
  orders: ['start'],
});

const grant = (now: Situation): Step => ({
  next: { ...now, leases: now.leases + now.waiting, waiting: 0 },
  orders: ['grant'],
});

const refuse = (now: Situation): Step => ({ next: { ...now, waiting: 0 }, orders: ['refuse'] });

function asked(now: Situation, time: number, limits: Limits): Step {
  if (now.state === 'running') return grant(now);
  if (now.state === 'stopped') return start(now, time);
  const hasFailed = now.state === 'backing-off' || (now.state === 'stopping' && now.failed);
  return hasFailed && now.failures >= limits.patience ? refuse(now) : still(now);
}

function fail(now: Situation, hopeless: boolean, time: number, limits: Limits): Step {
  if (now.state !== 'starting' && now.state !== 'running') return still(now);
  const failures = settled(now, time, limits) + 1;
  const wanted = !hopeless && (now.kept || now.leases > 0);
  const next: Situation = { ...now, state: 'stopping', since: time, leases: 0, failures, failed: true, wanted };
  if (!hopeless && failures < limits.patience) return { next, orders: ['end'] };
  return { next: { ...next, waiting: 0 }, orders: ['refuse', 'end'] };
}

/** The failures that still count at the end of a run. */
const settled = ({ state, since, failures }: Situation, time: number, { healthyMs }: Limits): number =>
  state === 'running' && time - since >= healthyMs ? 0 : failures;

function gone(now: Situation, time: number, limits: Limits): Step {
  if (now.failed)
    return still({ ...now, state: 'backing-off', since: time, failed: false, until: time + delayOf(now.failures, limits) });
  return now.waiting > 0 ? start(now, time) : still({ ...now, state: 'stopped', since: time });
}

function stop(now: Situation, time: number): Step {
  const next: Situation = { ...now, waiting: 0, leases: 0, failures: 0, failed: false, wanted: false, kept: false };
  if (now.state === 'stopped' || now.state === 'stopping') return { next, orders: ['refuse'] };
  if (now.state === 'backing-off') return { next: { ...next, state: 'stopped', since: time }, orders: ['refuse'] };
  return { next: { ...next, state: 'stopping', since: time }, orders: ['refuse', 'end'] };
}

function tick(now: Situation, time: number, limits: Limits): Step {
  const due = nextTick(now, limits);
  if (due === undefined || time < due) return still(now);
  if (now.state === 'starting') return fail(now, false, time, limits);
  if (now.state === 'backing-off')
    return now.waiting > 0 || now.wanted ? start(now, time) : still({ ...now, state: 'stopped', since: time });
  const failures = settled(now, time, limits);
  return { next: { ...now, state: 'stopping', since: time, failures }, orders: ['end'] };
}
