import { describe, expect, it } from 'vitest';

import { hasWork } from './jupyter-lab.ts';

describe('hasWork()', () => {
  it.for<[string, boolean]>([
    ['[]', false],
    ['[{"id":"a","execution_state":"idle"}]', false],
    ['[{"id":"a","execution_state":"idle"},{"id":"b","execution_state":"busy"}]', true],
    ['{"message":"Forbidden"}', false],
    ['[null, 1, "busy"]', false],
  ])('reads %s', ([answer, work]) => {
    expect(hasWork(answer)).toBe(work);
  });
});
