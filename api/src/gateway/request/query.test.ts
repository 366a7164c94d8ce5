import { describe, expect, it } from 'vitest';

import { takeTicket } from './query.ts';

describe('takeTicket()', () => {
  const queries: readonly (readonly [string, string | undefined, string])[] = [
    ['', undefined, ''],
    ['?', undefined, '?'],
    ['?a=1&b=%20', undefined, '?a=1&b=%20'],
    ['?ticket=T', 'T', ''],
    ['?a=1&ticket=T&b=2', 'T', '?a=1&b=2'],
    ['?ticket=T&a=%2F', 'T', '?a=%2F'],
    ['?%74icket=T&a', 'T', '?a'],
    ['?%74%69%63%6b%65%74=T', 'T', ''],
    ['?ticket=%54', 'T', ''],
    ['?ticket=A&ticket=B', 'A', ''],
    ['?ticket', '', ''],
    ['?ticket=', '', ''],
    ['?tickets=T&xticket=T', undefined, '?tickets=T&xticket=T'],
    ['?a=ticket=T', undefined, '?a=ticket=T'],
    ['?a=%zz&ticket=T', 'T', '?a=%zz'],
    ['?%zz=1', undefined, '?%zz=1'],
    // The ticket that a page passes on to its socket belongs to the page.
    ['?ticket=T&path=websockify%3Fticket%3DU', 'T', '?path=websockify%3Fticket%3DU'],
  ];
  it.for(queries)('takes the ticket out of %j', ([query, ticket, rest]) => {
    expect(takeTicket(query)).toEqual({ ticket, query: rest });
  });
});
