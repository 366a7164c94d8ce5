import { describe, expect, it } from 'vitest';

import { canonicalHost, parseHostPattern } from './host-pattern.ts';

describe('parseHostPattern()', () => {
  const cases: readonly [pattern: string, fits: readonly string[], others: readonly string[]][] = [
    ['ex.com', ['ex.com'], ['a.ex.com', 'ex.com.evil', 'xex.com']],
    ['EX.com.', ['ex.com'], ['com']],
    ['*.ex.com', ['a.ex.com', 'a.b.ex.com'], ['ex.com', 'aex.com', 'a.ex.com.evil']],
    ['.ex.com', ['ex.com', 'a.ex.com'], ['aex.com', 'ex.com.evil']],
    ['a*c.test', ['ac.test', 'abc.test'], ['abc.tes', 'xabc.test']],
    ['*', ['anything', '10.0.0.1', '::1'], []],
    ['*a*', ['a', 'xax'], ['b', '']],
    ['aa*aa', ['aaaa', 'aaxaa'], ['aaa', 'aa']],
    ['10.0.0.0/8', ['10.1.2.3', '::ffff:a01:203'], ['11.0.0.1', '10.ex.com', 'ex.com']],
    ['fd00::/8', ['fd12::1'], ['fe80::1', '10.0.0.1']],
    ['0.0.0.0/0', ['8.8.8.8'], ['ex.com']],
    ['192.168.1.1', ['192.168.1.1'], ['192.168.1.10']],
    ['[::1]', ['::1'], ['::2']],
    ['0:0:0:0:0:0:0:1', ['::1'], ['::']],
    ['bücher.example', ['xn--bcher-kva.example'], ['bcher.example']],
  ];
  it.for(cases)('%s fits what it says and nothing else', ([text, fits, others]) => {
    const pattern = parseHostPattern(text);
    expect(fits.filter((host) => pattern?.matches(host) !== true)).toEqual([]);
    expect(others.filter((host) => pattern?.matches(host) !== false)).toEqual([]);
  });

  const refused = [
    '',
    ' ',
    'a b',
    'a/b',
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    '10.0.0.0/8/8',
    'http://a',
    'a:80',
    'a@b',
    'a?b',
    'a..b',
    '.',
    '.*.ex.com',
    '.10.0.0.1',
    'a\r\nb',
    'a"b',
    "a';alert(1)//",
    '[::1',
    'fe80::1%eth0',
    'a%2fb',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
  ];
  it.for(refused)('refuses %j', (text) => {
    expect(parseHostPattern(text)).toBeUndefined();
  });

  it('takes no time for a pattern made to take long', () => {
    const pattern = parseHostPattern('*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b');
    expect(pattern?.matches('a'.repeat(60))).toBe(false);
  });
});

describe('canonicalHost()', () => {
  it.for([
    ['127.1', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['LOCALHOST.', 'localhost'],
    ['[::FFFF:127.0.0.1]', '::ffff:7f00:1'],
  ] as const)('shows %s for what it is', ([given, shown]) => {
    expect(canonicalHost(given)).toBe(shown);
  });
});
