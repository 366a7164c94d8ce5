import { describe, expect, it } from 'vitest';

import { Notices, quoted } from './notices.ts';

describe('notices', () => {
  it('reach all calls under way, or else the next one, once', () => {
    const notices = new Notices();
    notices.say(() => 'before');
    const first = notices.listen();
    const second = notices.listen();
    notices.say(() => 'during');
    expect([first.read(), second.read()]).toEqual([['before', 'during'], ['during']]);
    first.end();
    second.end();
    expect(notices.listen().read()).toEqual([]);
  });

  it('are told as they are when they are read, and not at all when they have become untrue', () => {
    const notices = new Notices();
    let name: string | undefined = 'early';
    const call = notices.listen();
    notices.say(() => name);
    name = 'late';
    expect(call.read()).toEqual(['late']);
    name = undefined;
    expect(call.read()).toEqual([]);
  });

  it('make room for newer ones', () => {
    const notices = new Notices();
    for (let count = 0; count < 1000; count += 1) notices.say(() => `number ${count}`);
    const heard = notices.listen().read();
    expect([heard.length, heard.at(-1)]).toEqual([20, 'number 999']);
  });

  it.for([
    ['a\n  b\u202E\tc', '"a b c"'],
    ['x'.repeat(300), `"${'x'.repeat(199)}…"`],
    ['😀'.repeat(201), `"${'😀'.repeat(199)}…"`],
  ] as const)('quote the text of a page in one line', ([text, line]) => {
    expect(quoted(text)).toBe(line);
  });
});
