import { describe, expect, it } from 'vitest';

import { outsideOf } from '../carry/outside.ts';
import { answerOutside, browserIdOf } from './discovery.ts';

const page = {
  id: 'ABC',
  type: 'page',
  url: 'about:blank',
  devtoolsFrontendUrl: '/devtools/inspector.html?ws=127.0.0.1:9222/devtools/page/ABC',
  webSocketDebuggerUrl: 'ws://127.0.0.1:9222/devtools/page/ABC',
};
const shown = { id: 'ABC', type: 'page', url: 'about:blank' };

describe('answerOutside()', () => {
  it.for([
    [{ host: 'box.test:8080' }, '', 'ws://box.test:8080/devtools/page/ABC'],
    [
      { host: '10.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'abc.box.test' },
      '',
      'wss://abc.box.test/devtools/page/ABC',
    ],
    [{ host: 'gw.test', 'x-forwarded-prefix': '/s/abc' }, '/cdp', 'ws://gw.test/s/abc/cdp/devtools/page/ABC'],
    [{ host: 'gw.test', 'x-forwarded-prefix': '/../x' }, '', 'ws://gw.test/devtools/page/ABC'],
    [{ host: 'a"b', 'x-forwarded-host': 'evil.test/x' }, '', 'ws://localhost/devtools/page/ABC'],
    [{ host: '[::1]:8080' }, '/cdp', 'ws://[::1]:8080/cdp/devtools/page/ABC'],
  ] as const)('names sockets as %j reaches them', ([headers, base, webSocketDebuggerUrl]) => {
    const place = { outside: outsideOf(headers), base };
    expect(answerOutside([page], place)).toEqual([{ ...shown, webSocketDebuggerUrl }]);
  });

  it('leaves out a socket that is in no known place', () => {
    const place = { outside: outsideOf({ host: 'b' }), base: '' } as const;
    const urls = ['ws://127.0.0.1:9222/devtools/page/A/../../x', 'http://127.0.0.1/devtools/page/A', 7];
    expect(
      answerOutside(
        urls.map((webSocketDebuggerUrl) => ({ ...page, webSocketDebuggerUrl })),
        place,
      ),
    ).toEqual(urls.map(() => shown));
  });
});

describe('browserIdOf()', () => {
  it('reads the id of the running browser', () => {
    expect(browserIdOf({ webSocketDebuggerUrl: 'ws://127.0.0.1:9222/devtools/browser/9a-b' })).toBe('9a-b');
  });

  it.for([{}, null, 'x', { webSocketDebuggerUrl: 1 }, { webSocketDebuggerUrl: 'ws://x/devtools/page/a' }])(
    'refuses %j',
    (answer) => {
      expect(() => browserIdOf(answer)).toThrow('how its DevTools are reached');
    },
  );
});
