import { describe, expect, it } from 'vitest';

import { answerHeaders, outsideCookie, outsideLocation, type AnswerContext } from './answer-headers.ts';

const ownHosts = ['localhost:3000', '127.0.0.1:3000', '[::1]:3000'];
const at = (outsidePrefix: string, prefix: string): AnswerContext => ({
  outside: { scheme: 'https', host: 'box.test', prefix: outsidePrefix },
  prefix,
  ownHosts,
  hidesUrl: false,
});
const stripped = at('/s/a', '/proxy/3000');
const direct = at('', '/proxy/3000');
const whole = at('/s/a', '');
const hosted = at('', '');

describe('outsideLocation()', () => {
  const cases: readonly [string, AnswerContext, string][] = [
    ['/login', stripped, '/s/a/proxy/3000/login'],
    ['/login', direct, '/proxy/3000/login'],
    ['/login', hosted, '/login'],
    ['/', stripped, '/s/a/proxy/3000/'],
    // Programs that go by X-Forwarded-Prefix, or by the path that they were configured with.
    ['/s/a/proxy/3000/login', stripped, '/s/a/proxy/3000/login'],
    ['/proxy/3000/login', stripped, '/s/a/proxy/3000/login'],
    ['/proxy/30001/login', stripped, '/s/a/proxy/3000/proxy/30001/login'],
    ['/absproxy/3000/login', whole, '/s/a/absproxy/3000/login'],
    ['login?next=/x', stripped, 'login?next=/x'],
    ['?a=b', stripped, '?a=b'],
    ['http://localhost:3000/x?y#z', stripped, '/s/a/proxy/3000/x?y#z'],
    ['http://127.0.0.1:3000', hosted, '/'],
    ['http://[::1]:3000/x', direct, '/proxy/3000/x'],
    ['https://box.test/x', stripped, 'https://box.test/s/a/proxy/3000/x'],
    ['//BOX.test/x', stripped, '//BOX.test/s/a/proxy/3000/x'],
    ['https://box.test:444/x', stripped, 'https://box.test:444/x'],
    ['http://localhost:3001/x', stripped, 'http://localhost:3001/x'],
    ['https://elsewhere.test/proxy/3000/', stripped, 'https://elsewhere.test/proxy/3000/'],
    ['mailto:a@b.test', stripped, 'mailto:a@b.test'],
  ];
  it.for(cases)('sends %s on as it is to be seen (%#)', ([value, context, expected]) => {
    expect(outsideLocation(value, context)).toBe(expected);
  });
});

describe('outsideCookie()', () => {
  const cases: readonly [string, AnswerContext, string | undefined][] = [
    ['a=1; Path=/; HttpOnly', stripped, 'a=1; Path=/s/a/proxy/3000/; HttpOnly'],
    ['a=1; path=/x; Secure', direct, 'a=1; Path=/proxy/3000/x; Secure'],
    ['a=1; Path=/proxy/3000/x', direct, 'a=1; Path=/proxy/3000/x'],
    ['a=1', stripped, 'a=1'],
    ['a=1; Domain=box.test; Path=/', hosted, 'a=1; Path=/'],
    ['a=1; domain = .test', hosted, 'a=1'],
    ['a=b=c; Path=/d=e', direct, 'a=b=c; Path=/proxy/3000/d=e'],
    ['a=1; Path=x', direct, 'a=1'],
    ['sandfleet_page=1; Path=/', stripped, undefined],
    ['__Host-sandfleet=1; Path=/; Secure', hosted, undefined],
    [' __secure-SandFleet-x=1', hosted, undefined],
    ['=sandfleet_page=1', hosted, undefined],
    [' = sandfleet_page', hosted, undefined],
  ];
  it.for(cases)('holds %s to its program (%#)', ([value, context, expected]) => {
    expect(outsideCookie(value, context)).toBe(expected);
  });
});

describe('answerHeaders()', () => {
  it('drops what is for one hop or acts on more than the program’s pages, and keeps all else in order', () => {
    const raw = Object.entries({
      Connection: ['close'],
      'Transfer-Encoding': ['chunked'],
      'Keep-Alive': ['timeout=5'],
      'Alt-Svc': ['h3=":443"'],
      'Set-Cookie': ['a=1', 'b=2'],
      'Clear-Site-Data': ['"*"'],
      'Strict-Transport-Security': ['max-age=1'],
      'Service-Worker-Allowed': ['/'],
      'Content-Type': ['text/html'],
      'Referrer-Policy': ['unsafe-url'],
    }).flatMap(([name, values]) => values.flatMap((value) => [name, value]));
    const kept = ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Type', 'text/html'];
    expect(answerHeaders(raw, stripped)).toEqual([...kept, 'Referrer-Policy', 'unsafe-url']);
    expect(answerHeaders(raw, { ...stripped, hidesUrl: true })).toEqual([...kept, 'Referrer-Policy', 'no-referrer']);
  });
});
