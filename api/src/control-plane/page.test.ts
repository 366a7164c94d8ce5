import { describe, expect, it } from 'vitest';

import { sandbox } from './fixtures.ts';
import { pageOf } from './page.ts';

const at = (second: number, uid: string) =>
  sandbox({ name: uid, uid, createdAt: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z` });
const names = (items: readonly { metadata: { name: string } }[]) => items.map(({ metadata }) => metadata.name);

describe('pageOf()', () => {
  it('walks from the oldest to the youngest, whatever the order of the store', () => {
    const all = [at(3, 'd'), at(1, 'b'), at(2, 'c'), at(1, 'a')];
    const first = pageOf(all, { limit: 3 });
    expect(names(first.items)).toEqual(['a', 'b', 'c']);
    const second = pageOf(all, { limit: 3, cursor: first.nextCursor ?? '' });
    expect([names(second.items), second.nextCursor]).toEqual([['d'], null]);
  });

  it('ends without a cursor when the last page is full', () => {
    expect(pageOf([at(1, 'a'), at(2, 'b')], { limit: 2 }).nextCursor).toBeNull();
    expect(pageOf([], { limit: 2 })).toEqual({ items: [], nextCursor: null });
  });

  it('skips and repeats nothing that was there all along while others come and go', () => {
    const first = pageOf([at(1, 'a'), at(2, 'b'), at(3, 'c'), at(4, 'd')], { limit: 2 });
    const later = pageOf([at(3, 'c'), at(4, 'd'), at(5, 'e')], { limit: 10, cursor: first.nextCursor ?? '' });
    expect(names(later.items)).toEqual(['c', 'd', 'e']);
  });

  it.for(['!', 'AAAA', Buffer.from('2026-01-01T00:00:00Z/../x').toString('base64url'), '../../etc/passwd'])(
    'refuses the cursor %s and names the field',
    (cursor) => {
      expect(() => pageOf([at(1, 'a')], { limit: 2, cursor })).toThrow(
        expect.objectContaining({
          code: 'VALIDATION_FAILED',
          fields: [expect.objectContaining({ location: ['query', 'cursor'] })],
        }),
      );
    },
  );
});
