import { describe, expect, it } from 'vitest';

import { openOnes, toSightings, type Sighting } from './evidence.ts';

const sighting = (type: Sighting['type'], solved = false): Sighting => ({ type, evidence: 'x', solved });

describe('openOnes()', () => {
  it.for([
    ['nothing', [], []],
    ['a widget', [sighting('recaptcha')], ['recaptcha']],
    ['a solved widget and its frame', [sighting('recaptcha', true), sighting('recaptcha')], []],
    ['words beside a widget', [sighting('generic'), sighting('turnstile')], ['turnstile']],
    ['words beside a solved widget', [sighting('generic'), sighting('turnstile', true)], []],
    ['words alone', [sighting('generic')], ['generic']],
    ['one solved of two kinds', [sighting('hcaptcha', true), sighting('recaptcha')], ['recaptcha']],
  ] as const)('%s', ([, sightings, open]) => {
    expect(openOnes(sightings).map(({ type }) => type)).toEqual(open);
  });
});

describe('toSightings()', () => {
  it.for([undefined, null, 'x', 7, {}, [null], [1], [{ type: 'other' }]])('makes nothing of %j', (value) => {
    expect(toSightings(value)).toEqual([]);
  });

  it('bounds what a page says', () => {
    const lie = { type: 'generic', evidence: 'x'.repeat(9999), sitekey: 'k'.repeat(9999), solved: 'yes' };
    const all = toSightings(Array.from({ length: 1000 }, () => lie));
    expect(all).toHaveLength(20);
    expect(all[0]).toEqual({ type: 'generic', evidence: 'x'.repeat(200), sitekey: 'k'.repeat(200), solved: false });
  });
});
