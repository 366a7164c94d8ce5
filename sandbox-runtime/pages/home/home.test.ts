import { describe, expect, it } from 'vitest';

import { close, move, open, readLayout, resize, show, surfacesOn, writeLayout } from './layout.ts';
import { standingOf } from './surfaces.ts';

const first = readLayout('');

describe('the layout', () => {
  it('is remembered as it is', () => {
    const changed = resize(open(show(move({ ...first, terminal: 'a&b' }, 'jupyter'), 'browser'), 'terminal'), 30);
    expect(readLayout(writeLayout(changed))).toEqual(changed);
    expect(readLayout(writeLayout(first))).toEqual(first);
  });

  it('moves a surface to the front of the other side, and leaves something in front behind it', () => {
    const moved = move(first, 'terminal');
    expect(surfacesOn(moved, 'first')).toEqual(['browser', 'code', 'terminal']);
    expect(moved.front).toEqual({ first: 'terminal', second: 'jupyter' });
    const all = move(moved, 'jupyter');
    expect([surfacesOn(all, 'second'), all.front]).toEqual([[], { first: 'jupyter' }]);
  });

  it('opens and closes what is asked for alone', () => {
    const opened = open(open(open(first, 'code'), 'terminal'), 'code');
    expect([...opened.open].sort()).toEqual(['code', 'terminal']);
    expect(close(opened, 'code').open).toEqual(['terminal']);
  });

  it.for(['#', '#first=x&second=y', '#share=NaN', '#open=x,,y', '#only=third', '#first=__proto__*', '#%'])(
    'survives %s',
    (hash) => {
      expect(readLayout(hash)).toEqual(first);
    },
  );

  it.for([
    ['-5', 15],
    ['500', 85],
    ['33.4', 33],
  ] as const)('keeps both halves in sight at %s', ([share, expected]) => {
    expect(readLayout(`#share=${share}`).share).toBe(expected);
  });
});

describe('standingOf()', () => {
  const services = (state: string) => [{ name: 'browser', state, memory_bytes: 300 * 1024 * 1024 }];
  it.for([
    ['stopped', 'idle', /starts when you open it/],
    ['running', 'running', /300 MiB/],
    ['starting', 'busy', /starting/],
    ['backing-off', 'failed', /failed/],
    ['disabled', 'disabled', /Switched off/],
    ['something-new', 'idle', /not known/],
  ] as const)('tells that a service is %s', ([state, kind, words]) => {
    const standing = standingOf({ service: 'browser' }, services(state));
    expect(standing.kind).toBe(kind);
    expect(standing.words).toMatch(words);
  });
});
