import { describe, expect, it } from 'vitest';

import { redactUrl, stripCredentials, stripQuery } from './strip-credentials.ts';

describe('stripQuery()', () => {
  const urls = [
    ['/', '/'],
    ['/?a=1', '/?a=1'],
    ['/?ticket=T', '/'],
    ['/x?ticket=T&a=1', '/x?a=1'],
    ['/x?a=1&ticket=T', '/x?a=1'],
    ['/x?a=1&api_key=K&b=%20&ticket=T&ticket=U', '/x?a=1&b=%20'],
    ['/x?%74icket=T&a', '/x?a'],
    ['/x?tick%65t=T', '/x'],
    ['/x?ticket', '/x'],
    ['/x?tickets=1&my_api_key=2&TICKET=3', '/x?tickets=1&my_api_key=2&TICKET=3'],
    ['/x?%&a=%zz', '/x?%&a=%zz'],
    ['/ticket=T', '/ticket=T'],
  ] as const;
  it.for(urls)('%s → %s', ([url, stripped]) => {
    expect(stripQuery(url)).toBe(stripped);
  });
});

describe('redactUrl()', () => {
  const urls = [
    ['/x?ticket=T&a=1', '/x?ticket=[redacted]&a=1'],
    ['/x?%74icket=T', '/x?%74icket=[redacted]'],
    ['/x?api_key=K', '/x?api_key=[redacted]'],
    ['/vnc?path=websockify%3Fticket%3DT&x', '/vnc?path=[redacted]&x'],
    ['/vnc?path=websockify?ticket=T', '/vnc?path=[redacted]'],
    ['/vnc?path=websockify%253Fticket%253DT', '/vnc?path=[redacted]'],
    ['/vnc?path=a%3Fb%3D1%26api_key%3DK', '/vnc?path=[redacted]'],
    ['/vnc?path=websockify&a=1', '/vnc?path=websockify&a=1'],
    ['/x', '/x'],
  ] as const;
  it.for(urls)('%s → %s', ([url, shown]) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

describe('stripCredentials()', () => {
  it('takes what lets somebody in, in every spelling, and leaves the program its own', () => {
    const headers = {
      host: 'a',
      authorization: 'Bearer x',
      'x-aio-api-key': 'k',
      x_aio_api_key: 'k',
      'x-sandfleet-inner': 'i',
      cookie: 'a=1; sandfleet-page-0-all=S; __Host-sandfleet=S; SANDFLEET-x=1; b=sandfleet-page',
      accept: '*/*',
    };
    expect(stripCredentials('/x?ticket=T&a', headers)).toEqual({
      url: '/x?a',
      headers: { host: 'a', cookie: 'a=1; b=sandfleet-page', accept: '*/*' },
    });
    expect(stripCredentials('/', { cookie: 'sandfleet-page-0-all=S' }).headers).toEqual({});
  });
});
