import { describe, expect, it } from 'vitest';

import { containsCidr, mergeCidrs, parseCidr, type Cidr } from './cidr.ts';

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no CIDR`);
  return parsed;
};

describe('parseCidr()', () => {
  const good = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['::1', '::1/128'],
    ['2001:DB8:0:0:0:0:0:0/32', '2001:db8::/32'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1/128'],
    ['fe80::1:2:3:4/10', 'fe80::/10'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3/128'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0/128'],
    ['::ffff:10.0.0.1', '::ffff:a00:1/128'],
  ] as const;
  it.for(good)('reads %s as %s', ([text, canonical]) => {
    expect(parseCidr(text)?.text).toBe(canonical);
  });

  const bad = [
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/ 8',
    ':::',
    '1::2::3',
    '::/129',
    '12345::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::10.0.0',
    'fe80::1%eth0',
    'node-1',
  ];
  it.for(bad)('reads nothing in "%s"', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});

describe('containsCidr()', () => {
  const pairs = [
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.0.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.0/8', false],
    ['0.0.0.0/0', '203.0.113.7/32', true],
    ['::/0', '10.0.0.0/8', false],
    ['2000::/3', '2001:db8::/32', true],
    ['2000::/3', 'fd00::/8', false],
    ['::/0', '::/0', true],
  ] as const;
  it.for(pairs)('%s contains %s: %s', ([outer, inner, contains]) => {
    expect(containsCidr(cidr(outer), cidr(inner))).toBe(contains);
  });
});

describe('mergeCidrs()', () => {
  it('drops what lies inside another range and gives equal sets in equal order', () => {
    const texts = ['192.0.2.0/24', 'fd00::/8', '10.1.0.0/16', '10.0.0.0/8', '192.0.2.7/32', '10.0.0.0/8', 'fd00:1::/32'];
    const merged = ['10.0.0.0/8', '192.0.2.0/24', 'fd00::/8'];
    expect(mergeCidrs(texts.map(cidr)).map(({ text }) => text)).toEqual(merged);
    expect(mergeCidrs(texts.toReversed().map(cidr)).map(({ text }) => text)).toEqual(merged);
  });
});
