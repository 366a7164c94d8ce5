import { describe, expect, it } from 'vitest';

import { EditHistory } from './history.ts';

describe('EditHistory', () => {
  const history = (limits = {}) => new EditHistory({ editsPerFile: 3, bytes: 1_000_000, ...limits });

  it('gives edits back in reverse, and knows whether the file is as it was left', () => {
    const edits = history();
    edits.record('f', undefined, '1');
    edits.record('f', '1', '2');
    expect([edits.last('f', '2'), edits.last('f', 'x'), edits.last('f', undefined)]).toEqual([
      { before: '1', isCurrent: true },
      { before: '1', isCurrent: false },
      { before: '1', isCurrent: false },
    ]);
    edits.pop('f');
    expect(edits.last('f', '1')).toEqual({ before: undefined, isCurrent: true });
    edits.pop('f');
    edits.pop('f');
    expect(edits.last('f', undefined)).toBeUndefined();
  });

  it('keeps so many edits of a file', () => {
    const edits = history();
    for (let i = 0; i < 5; i += 1) edits.record('f', `${i}`, `${i + 1}`);
    const seen = [];
    for (let last = edits.last('f', ''); last !== undefined; last = edits.last('f', '')) {
      seen.push(last.before);
      edits.pop('f');
    }
    expect(seen).toEqual(['4', '3', '2']);
  });

  it('forgets the edits of the file that was not edited for longest when there are too many bytes', () => {
    const edits = history({ bytes: 5000 });
    edits.record('a', 'x'.repeat(800), '');
    edits.record('b', 'x'.repeat(800), '');
    edits.record('a', '', 'y');
    edits.record('c', 'x'.repeat(800), '');
    expect(['a', 'b', 'c'].map((path) => edits.last(path, '') !== undefined)).toEqual([true, false, true]);
  });

  it('keeps nothing where it may not', () => {
    const edits = history({ bytes: 0 });
    edits.record('a', 'x', 'y');
    expect(edits.last('a', 'y')).toBeUndefined();
  });
});
