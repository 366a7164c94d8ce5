import { expect, it } from 'vitest';

import { bounded } from './network-log.ts';

it.for([
  ['few', { a: '1', b: '2' }, 2, 4],
  ['many', Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`h${index}`, 'x'])), 100, 1000],
  ['long', Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`h${index}`, 'x'.repeat(100_000)])), 4, 40_000],
  ['long names', { ['n'.repeat(100_000)]: 'x' }, 0, 0],
] as const)('keeps headers within bounds: %s', ([, headers, most, characters]) => {
  const kept = Object.entries(bounded(headers));
  expect(kept.length).toBe(most);
  expect(kept.flat().join('').length).toBeLessThanOrEqual(characters);
});
