import { describe, expect, it } from 'vitest';

import { hasDrifted } from './drift.ts';

describe('hasDrifted()', () => {
  const table: readonly (readonly [string, unknown, unknown, boolean])[] = [
    ['equal objects', { a: 1, b: ['x'] }, { a: 1, b: ['x'] }, false],
    ['a default that the API server added', { a: 1, protocol: 'TCP' }, { a: 1 }, false],
    ['a changed value', { a: 2 }, { a: 1 }, true],
    ['a field that is gone', {}, { a: 1 }, true],
    ['a longer list', { a: [1, 2] }, { a: [1] }, true],
    ['a shorter list', { a: [1] }, { a: [1, 2] }, true],
    ['an empty list that was left out', {}, { a: [] }, false],
    ['a list where none should be', { a: [1] }, { a: [] }, true],
    ['a default inside a list', { a: [{ port: 1, protocol: 'TCP' }] }, { a: [{ port: 1 }] }, false],
    ['an empty object in a list', { a: [{}] }, { a: [{}] }, false],
    ['an empty object that was left out', {}, { a: {} }, false],
    ['a field that the intent does not name', { a: 1 }, { a: undefined }, false],
    ['text instead of an object', { a: 'x' }, { a: { b: 1 } }, true],
  ];
  it.for(table)('%s: %s', ([, live, intent, drifted]) => {
    expect(hasDrifted(live, intent)).toBe(drifted);
  });
});
