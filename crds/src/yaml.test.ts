import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';

import { toYaml } from './yaml.ts';

describe('toYaml()', () => {
  const values: readonly (readonly [string, unknown])[] = [
    ['maps in maps', { a: { b: { c: 1 } } }],
    ['lists of maps', { a: [{ b: 1, c: [2, 3] }, { d: {} }] }],
    ['lists of lists', { a: [[1, 2], [], [{ b: 1 }]] }],
    ['empty things', { a: {}, b: [], c: '' }],
    ['words that are no strings to YAML', { a: 'true', b: 'no', c: 'null', d: 'Off', e: 'y', yes: 1 }],
    ['numbers as text', { a: '1', b: '1.5', c: '.5', d: '0x10', e: '1e3', f: '-1', g: '.inf' }],
    ['times as text', { a: '2026-01-01', b: '2026-01-01T00:00:00Z' }],
    [
      'signs',
      { a: ': #', b: '- x', c: "it's", d: '"q"', e: '\\u0000', f: '{x}', g: '*a', h: '&b', i: '!c', j: '%d', k: '@e', l: '`f' },
    ],
    ['lines', { a: 'one\ntwo\n', b: '  padded  ', c: 'tab\t' }],
    ['scalars', { a: 1, b: true, c: null, d: 0.5, e: -7 }],
    ['keys that need quotes', { 'a: b': 1, '1': 2, '': 3, 'a.b/c': 4 }],
  ];
  it.for(values)('writes %s so that they are read back the same', ([, value]) => {
    expect(loadYaml(toYaml(value))).toEqual(value);
  });

  it('leaves out what is undefined, and ends with one newline', () => {
    expect(toYaml({ a: undefined, b: 1 })).toBe('b: 1\n');
  });
});
