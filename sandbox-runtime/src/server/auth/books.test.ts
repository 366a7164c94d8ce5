import { describe, expect, it } from 'vitest';

import { FailureLimiter } from './failure-limiter.ts';
import { PageSessions } from './page-sessions.ts';
import { TicketBook } from './tickets.ts';

const clock = () => {
  let at = 0;
  return { now: () => at, pass: (seconds: number) => void (at += seconds * 1000) };
};

describe('TicketBook', () => {
  it('gives each use once, in either order, and forgets a ticket that is spent', () => {
    const book = new TicketBook(10);
    const ticket = book.issue({ mode: 'view', surface: 'vnc' }, 30);
    expect(book.look(ticket, 'page')).toEqual({ mode: 'view', surface: 'vnc' });
    expect([book.spend(ticket, 'socket'), book.spend(ticket, 'socket')]).toEqual([true, false]);
    expect([book.look(ticket, 'socket'), book.look(ticket, 'page')]).toEqual([undefined, { mode: 'view', surface: 'vnc' }]);
    expect([book.spend(ticket, 'page'), book.size]).toEqual([true, 0]);
  });

  it('is asked about twice, and asking spends nothing', () => {
    const book = new TicketBook(10);
    const ticket = book.issue({ mode: 'control' }, 30);
    expect([1, 2, 3].map(() => book.check(ticket)?.mode)).toEqual(['control', 'control', undefined]);
    expect(book.spend(ticket, 'page')).toBe(true);
  });

  it('ends tickets with their life', () => {
    const { now, pass } = clock();
    const book = new TicketBook(10, now);
    const ticket = book.issue({ mode: 'control' }, 30);
    pass(29.9);
    expect(book.look(ticket, 'page')).toBeDefined();
    pass(0.1);
    expect([book.look(ticket, 'page'), book.spend(ticket, 'page'), book.size]).toEqual([undefined, false, 0]);
  });

  it('is bounded, and makes room of those that are over', () => {
    const { now, pass } = clock();
    const book = new TicketBook(2, now);
    book.issue({ mode: 'control' }, 30);
    book.issue({ mode: 'control' }, 30);
    expect(() => book.issue({ mode: 'control' }, 30)).toThrow(/Too many tickets/);
    pass(30);
    expect(book.issue({ mode: 'control' }, 30)).toMatch(/^[\w-]{43}$/);
    expect(book.size).toBe(1);
  });
});

describe('PageSessions', () => {
  it('are bounded, and end', () => {
    const { now, pass } = clock();
    const sessions = new PageSessions(60, now);
    const open = () => sessions.open({ mode: 'control' }, { prefix: '', isSecure: false }).split(';')[0] ?? '';
    const first = open();
    expect(sessions.find(first, { surface: 'vnc' })).toEqual({ mode: 'control' });
    const last = Array.from({ length: 2000 }, open).at(-1);
    expect([sessions.size, sessions.find(first, {})]).toEqual([1024, undefined]);
    expect(sessions.find(`x=1; ${last}; y`, {})).toBeDefined();
    pass(60);
    expect(sessions.find(last, {})).toBeUndefined();
  });
});

describe('FailureLimiter', () => {
  it('lets an address fail in a burst, makes it wait, and forgives with time', () => {
    const limiter = new FailureLimiter({ burst: 3, perSecond: 1 });
    for (let i = 0; i < 3; i += 1) limiter.fail('203.0.113.1', 0);
    expect([limiter.waitSeconds('203.0.113.1', 0), limiter.waitSeconds('::ffff:203.0.113.1', 0)]).toEqual([1, 1]);
    expect([limiter.waitSeconds('203.0.113.2', 0), limiter.waitSeconds('203.0.113.1', 1000)]).toEqual([0, 0]);
  });

  it('counts a whole /64 as one, and remembers so many addresses and no more', () => {
    const limiter = new FailureLimiter({ burst: 1, perSecond: 1 });
    limiter.fail('2001:db8:1:2:3::4', 0);
    expect([limiter.waitSeconds('2001:db8:1:2::9', 0), limiter.waitSeconds('2001:db8:1:3::9', 0)]).toEqual([1, 0]);
    for (let i = 0; i < 10_000; i += 1) limiter.fail(`10.0.${i >> 8}.${i & 255}`, 0);
    expect(limiter.size).toBe(4096);
  });
});
