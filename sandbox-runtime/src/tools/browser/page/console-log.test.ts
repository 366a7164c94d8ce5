import { describe, expect, it } from 'vitest';

import { placeIn } from './console-log.ts';

describe('placeIn()', () => {
  it.for([
    ['Error: x\n    at f (http://a/b.js:3:7)\n    at http://a/c.js:1:2', { place: 'http://a/b.js', line: 3, column: 7 }],
    ['Error: x\n    at http://a/c.js:10:20', { place: 'http://a/c.js', line: 10, column: 20 }],
    ['Error: (no place) at 1:2 o’clock\n    at <anonymous>:1:9', { place: '<anonymous>', line: 1, column: 9 }],
    ['Error: x', { line: 0, column: 0 }],
    ['', { line: 0, column: 0 }],
    ['at http://a:1', { line: 0, column: 0 }],
    ['at :1:2', { line: 0, column: 0 }],
    ['at a:1:99999999999', { line: 0, column: 0 }],
  ] as const)('reads %j', ([stack, place]) => {
    expect(placeIn(stack)).toEqual(place);
  });

  // Any page can throw any text, and this process answers everybody.
  it.for([
    ['one long word', 'a'.repeat(20_000_000)],
    ['numbers', '1:'.repeat(10_000_000)],
    ['brackets', '('.repeat(20_000_000)],
    ['empty lines', '\n'.repeat(20_000_000)],
    ['colons', ':'.repeat(20_000_000)],
  ] as const)('looks once at %s', ([, stack]) => {
    expect(placeIn(stack)).toEqual({ line: 0, column: 0 });
  });
});
