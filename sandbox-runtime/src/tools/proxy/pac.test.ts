import { runInNewContext } from 'node:vm';

import { describe, expect, it } from 'vitest';

import { initialRules } from './initial-rules.ts';
import { pacOf } from './pac.ts';
import { ProxyRules } from './rules.ts';

interface Given {
  readonly map?: string;
  readonly exclude?: string;
  readonly include?: string;
  readonly server?: string;
}

/** What a browser that reads the file does for a host; the two functions are those that PAC files may count on. */
function ask({ map = '', exclude = '', include = '', server }: Given, host: string): string {
  const list = (text: string) => text.split(',').filter((item) => item !== '');
  const config = {
    PROXY_MAP: list(map),
    PROXY_EXCLUDE: list(exclude),
    PROXY_INCLUDE: list(include),
    ...(server === undefined ? {} : { PROXY_SERVER: server }),
  };
  const pac = pacOf(new ProxyRules(initialRules(config, () => false)), 8118);
  expect(pac).not.toContain('secret');
  const number = (address: string) => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return runInNewContext(`${pac}; FindProxyForURL('http://' + host + '/', host)`, {
    host,
    shExpMatch: (text: string, pattern: string) =>
      new RegExp(`^${pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*')}$`).test(text),
    isInNet: (text: string, net: string, mask: string) =>
      // Unsigned: the bit operators of the language have signs.
      (number(text) & number(mask)) >>> 0 === (number(net) & number(mask)) >>> 0,
  }) as string;
}

describe('pacOf()', () => {
  const PROXY = 'PROXY 127.0.0.1:8118';
  const server = 'user:secret@up.test:3128';
  const cases: readonly [Given, host: string, answer: string][] = [
    [{}, 'ex.com', 'DIRECT'],
    [{ map: 'app.test=3000,*.x.test/y=3001' }, 'APP.test', PROXY],
    [{ map: 'app.test=3000,*.x.test/y=3001' }, 'a.x.test', PROXY],
    [{ map: 'app.test=3000' }, 'ex.com', 'DIRECT'],
    [{ server }, 'ex.com', PROXY],
    [{ server }, 'localhost', 'DIRECT'],
    [{ server }, '127.0.0.1', 'DIRECT'],
    [{ server }, 'a.localhost', 'DIRECT'],
    [{ server }, '127.ex.com', PROXY],
    [{ server }, 'xlocalhost', PROXY],
    [{ server }, '[::1]', 'DIRECT'],
    [{ server, exclude: '.ex.com' }, 'ex.com', 'DIRECT'],
    [{ server, exclude: '.ex.com' }, 'a.ex.com', 'DIRECT'],
    [{ server, exclude: '.ex.com', map: 'a.ex.com=1' }, 'a.ex.com', PROXY],
    [{ server, exclude: '10.0.0.0/9,fd00::/8' }, '10.127.0.1', 'DIRECT'],
    [{ server, exclude: '10.0.0.0/9' }, '10.128.0.1', PROXY],
    [{ server, exclude: '10.0.0.0/9' }, '10.ex.com', PROXY],
    [{ server, include: '*.ex.com' }, 'a.ex.com', PROXY],
    [{ server, include: '*.ex.com' }, 'ex.org', 'DIRECT'],
    [{ server, include: 'fd00::/8' }, 'ex.org', PROXY],
  ];
  it.for(cases)('%j: %s → %s', ([given, host, answer]) => {
    expect(ask(given, host)).toBe(answer);
  });
});
