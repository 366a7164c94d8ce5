import { describe, expect, it } from 'vitest';

import { failureOf } from './failure.ts';
import { cut, imageResult, presentAnswer, resultOf } from './tool-result.ts';

describe('resultOf()', () => {
  it.for([
    [{ a: 1 }, { a: 1 }],
    [[1], { result: [1] }],
    ['text', { result: 'text' }],
    [null, undefined],
    [undefined, undefined],
  ] as const)('gives the data %j as %j', ([data, structured]) => {
    expect(resultOf({ text: 't', data }, 1000).structuredContent).toEqual(structured);
  });

  it('leaves out data that would be cut', () => {
    expect(resultOf({ text: 't', data: { a: 'x'.repeat(2000) } }, 1000)).toEqual({ content: [{ type: 'text', text: 't' }] });
  });
});

describe('cut()', () => {
  it('keeps beginning and end, says how much is missing, and never halves a character', () => {
    const text = `begin${'😀'.repeat(5000)}end`;
    const short = cut(text, 1001);
    expect(short.length).toBeLessThan(1200);
    expect(short).toMatch(/^begin.*characters are left out here.*end$/s);
    expect(short.isWellFormed()).toBe(true);
    expect(cut('short', 1001)).toBe('short');
  });
});

describe('presentAnswer()', () => {
  it.for([
    [{ data: 'text' }, 'text'],
    [{ data: { a: 1 } }, '{"a":1}'],
    [{ data: null, message: 'Clicked' }, 'Clicked'],
  ] as const)('shows %j as %j', ([answer, text]) => {
    expect(presentAnswer(answer).text).toBe(text);
  });
});

describe('failureOf()', () => {
  it.for([
    [200, { success: true }, undefined],
    [200, { success: false, message: 'No.' }, 'No.'],
    [200, { success: false, message: 'No.', data: { message: 'Because.' } }, 'No. Because.'],
    [
      422,
      {
        detail: [
          { loc: ['body', 'a', 0], msg: 'is bad' },
          { loc: ['body'], msg: 'is odd' },
        ],
      },
      'The arguments were refused: a.0 is bad; arguments is odd',
    ],
    [503, { message: 'Off' }, 'Off'],
    [500, {}, 'The call failed with status 500.'],
  ] as const)('of status %s and %j is %j', ([status, answer, message]) => {
    expect(failureOf(status, answer)?.message).toBe(message);
  });
});

describe('imageResult()', () => {
  it('makes an image of a picture, and a failure of one that is too large', () => {
    const headers = { 'content-type': 'image/png', 'x-screen-width': '1280' };
    expect(imageResult({ status: 200, headers, body: Buffer.from('abc') })).toEqual({
      content: [{ type: 'image', data: 'YWJj', mimeType: 'image/png' }],
      structuredContent: { mime_type: 'image/png', bytes: 3, screen_width: 1280 },
    });
    expect(imageResult({ status: 200, headers, body: Buffer.alloc(17 * 1024 * 1024) })?.isError).toBe(true);
    expect(
      imageResult({ status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') }),
    ).toBeUndefined();
  });
});
