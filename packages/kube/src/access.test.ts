import { describe, expect, it } from 'vitest';
import { type Access, cachedAccess } from './access.ts';
import { defer, type Deferred } from './deferred.ts';

function pending() {
  const loads: Deferred<Access>[] = [];
  const access = cachedAccess(() => {
    const load = defer<Access>();
    loads.push(load);
    return load.promise;
  }, 60);
  return { access, loads };
}

const as = (token: string): Access => ({ server: 'https://example.test', headers: { authorization: token } });

describe('cachedAccess()', () => {
  it('loads once for callers that come together, and for those that come soon after', async () => {
    const { access, loads } = pending();
    const both = Promise.all([access.current(), access.current()]);
    loads[0]?.resolve(as('one'));
    expect(await both).toEqual([as('one'), as('one')]);
    expect(await access.current()).toEqual(as('one'));
    expect(loads).toHaveLength(1);
  });

  it('does not keep an answer that was under way when it was invalidated', async () => {
    const { access, loads } = pending();
    const early = access.current();
    access.invalidate();
    loads[0]?.resolve(as('refused'));
    expect(await early).toEqual(as('refused'));
    const next = access.current();
    loads[1]?.resolve(as('new'));
    expect(await next).toEqual(as('new'));
  });

  it('loads again after a failure', async () => {
    const { access, loads } = pending();
    const first = access.current();
    loads[0]?.reject(new Error('no such file'));
    await expect(first).rejects.toThrow('no such file');
    const second = access.current();
    loads[1]?.resolve(as('one'));
    expect(await second).toEqual(as('one'));
  });
});
