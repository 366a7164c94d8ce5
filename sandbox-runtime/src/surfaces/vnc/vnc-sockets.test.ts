import { describe, expect, it } from 'vitest';

import type { Access } from '../../server/access.ts';
import { modeOf } from './vnc-sockets.ts';

const viewer: Access = { kind: 'ticket', mode: 'view' };
const worker: Access = { kind: 'token', mode: 'control' };

describe('modeOf()', () => {
  it.for([
    ['nothing that says otherwise', undefined, {}, 'control'],
    ['a credential that controls', worker, {}, 'control'],
    ['a credential that views', viewer, {}, 'view'],
    ['a credential that views and a URL that would control', viewer, { view_only: 'false' }, 'view'],
    ['a URL that views', worker, { view_only: '1' }, 'view'],
    ['the other spelling', undefined, { view_only: 'true' }, 'view'],
    ['a plain no', undefined, { view_only: '0' }, 'control'],
    ['nothing behind the name', undefined, { view_only: '' }, 'control'],
    ['a word that nobody knows', undefined, { view_only: 'TRUE' }, 'view'],
    ['the same name twice', undefined, { view_only: ['0', '1'] }, 'view'],
  ] as const)('takes the stricter: %s', ([, access, query, mode]) => {
    expect(modeOf({ query, ...(access === undefined ? {} : { access }) })).toBe(mode);
  });
});
