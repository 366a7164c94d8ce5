import { describe, expect, it } from 'vitest';

import { netErrorOf } from './net-errors.ts';
import { PageError, plain, toPageError } from './page-error.ts';

const open = { isClosed: () => false };
const closed = { isClosed: () => true };
const timeout = (message: string): Error => Object.assign(new Error(message), { name: 'TimeoutError' });

describe('toPageError()', () => {
  it.for([
    [new Error('locator.click: Element is not a button\nCall log:\n  - waiting'), open, 'Element is not a button'],
    [new Error('page.evaluate: Execution context was destroyed, most likely because of a navigation'), open, 'The page went to'],
    [new Error('elementHandle.fill: \u001B[2mFrame was detached\u001B[22m'), open, 'The page went to'],
    [new Error('page.title: Target page, context or browser has been closed'), closed, 'The tab was closed meanwhile.'],
    [new Error('page.title: Target crashed'), open, 'The page crashed; navigate again.'],
    [
      new Error('cdpSession.send: Protocol error (Page.captureScreenshot): Unable to capture screenshot'),
      open,
      'Unable to capture',
    ],
    [timeout('Timeout 30ms exceeded.'), open, 'Timeout 30ms exceeded.'],
  ] as const)('puts %s in words', ([error, page, message]) => {
    const shown = toPageError(error, page);
    expect(shown).toBeInstanceOf(PageError);
    expect(shown).toHaveProperty('message', expect.stringContaining(message));
  });

  it.for([
    [new TypeError('x is not a function')],
    [new Error('page.title: Target page, context or browser has been closed while the tab is open'), 'open'],
    ['no error at all'],
  ] as const)('leaves what is no doing of the page as it is: %s', ([error]) => {
    const shown = toPageError(error, open);
    expect(shown instanceof PageError && shown.message.startsWith('The tab')).toBe(false);
  });

  it('keeps messages short', () => {
    expect(plain(`locator.click: ${'x'.repeat(100_000)}`)).toHaveLength(2000);
  });
});

describe('netErrorOf()', () => {
  it.for([
    ['page.goto: net::ERR_CONNECTION_REFUSED at http://127.0.0.1:1/', 'net::ERR_CONNECTION_REFUSED', 'nothing listens there'],
    ['page.goto: net::ERR_SOMETHING_NEW at http://x/', 'net::ERR_SOMETHING_NEW', 'the browser could not load it'],
  ] as const)('reads %s', ([message, code, meaning]) => {
    expect(netErrorOf(message)).toEqual({ code, meaning });
  });

  it('finds nothing in other messages', () => {
    expect(netErrorOf('page.goto: Timeout 100ms exceeded.')).toBeUndefined();
  });
});
