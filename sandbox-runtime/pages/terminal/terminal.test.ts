import { describe, expect, it } from 'vitest';

import { backOffMs, endingOf } from './back-off.ts';
import { piecesOf, sequenceOfKey, withModifiers } from './keys.ts';
import { readMessage } from './messages.ts';
import { readSettings, socketUrl, withParameters } from './settings.ts';

const NONE = { ctrl: false, alt: false };

describe('the keys of the bar', () => {
  it.for([
    ['up', NONE, false, '\u001B[A'],
    ['up', NONE, true, '\u001BOA'],
    ['left', { ctrl: true, alt: false }, true, '\u001B[1;5D'],
    ['right', { ctrl: true, alt: true }, false, '\u001B[1;7C'],
    ['escape', NONE, false, '\u001B'],
    ['tab', NONE, false, '\t'],
  ] as const)('%s with %j sends what a keyboard would', ([key, held, mode, sequence]) => {
    expect(sequenceOfKey(key, held, mode)).toBe(sequence);
  });

  const ctrl = { ctrl: true, alt: false };
  it.for([
    ['c', ctrl, '\u0003'],
    ['C', ctrl, '\u0003'],
    [' ', ctrl, '\u0000'],
    ['[', ctrl, '\u001B'],
    ['?', ctrl, '\u007F'],
    ['1', ctrl, '1'],
    ['é', ctrl, 'é'],
    ['b', { ctrl: false, alt: true }, '\u001Bb'],
    ['\u001B[A', ctrl, '\u001B[A'],
    ['pasted', ctrl, 'pasted'],
    ['😀', { ctrl: false, alt: true }, '\u001B😀'],
  ] as const)('%j with %j is %j', ([typed, held, sent]) => {
    expect(withModifiers(typed, held)).toBe(sent);
  });

  it('cuts a paste into pieces, and no character in two', () => {
    const text = `a${'😀'.repeat(10)}b`;
    const pieces = piecesOf(text, 4);
    expect(pieces.join('')).toBe(text);
    expect(pieces.every((piece) => piece.length <= 4 && piece.isWellFormed())).toBe(true);
    expect(piecesOf('', 4)).toEqual([]);
  });
});

describe('readMessage()', () => {
  it.for([
    ['{"type":"output","data":"x"}', { type: 'output', data: 'x' }],
    ['{"type":"ping","timestamp":5}', { type: 'ping', timestamp: 5 }],
    ['{"type":"ping","data":6}', { type: 'ping', timestamp: 6 }],
    ['{"type":"ping"}', { type: 'ping', timestamp: 0 }],
    ['{"type":"output","data":{}}', undefined],
    ['{"type":"news","data":"x"}', undefined],
    ['null', undefined],
    ['{', undefined],
    [new ArrayBuffer(1), undefined],
  ] as const)('reads %j', ([frame, message]) => {
    expect(readMessage(frame)).toEqual(message);
  });
});

describe('the URL of the page', () => {
  it.for([
    ['http://h/terminal/', 'ws://h/v1/shell/ws'],
    ['https://h:1/s/a/terminal/?x=1#y', 'wss://h:1/s/a/v1/shell/ws'],
    ['https://h/s/a/terminal/index.html', 'wss://h/s/a/v1/shell/ws'],
  ] as const)('%s leads to the socket', ([page, socket]) => {
    expect(socketUrl(page, {})).toBe(socket);
  });

  it('hands on session and ticket, escaped', () => {
    expect(socketUrl('http://h/terminal/', { sessionId: 'a&b', ticket: 't' })).toBe(
      'ws://h/v1/shell/ws?session_id=a%26b&ticket=t',
    );
  });

  it('says how the page is', () => {
    expect(readSettings('http://h/terminal/?session_id=s&theme=light&font_size=99&start=codex&ticket=t')).toEqual({
      sessionId: 's',
      ticket: 't',
      theme: 'light',
      fontSize: 32,
      program: 'codex',
      isForReader: false,
    });
  });

  it.for(['rm -rf ~', 'bash', 'codex;ls', 'CODEX', ''])('starts no program but those it knows: %s', (start) => {
    expect(readSettings(`http://h/terminal/?start=${encodeURIComponent(start)}`).program).toBeUndefined();
  });

  it('is changed in the parameters that are given', () => {
    expect(withParameters('http://h/t/?a=1&ticket=x#z', { a: '2', ticket: undefined })).toBe('http://h/t/?a=2#z');
  });
});

describe('coming back', () => {
  it('waits longer each time, up to a limit, and never all at once', () => {
    expect([0, 1, 2, 3, 100].map((attempt) => backOffMs(attempt, 1))).toEqual([400, 800, 1600, 3200, 15_000]);
    expect(backOffMs(100, 0)).toBe(7500);
  });

  it.for([
    [1000, 'The shell has ended.', 'ended'],
    [1008, 'Session not found', 'unknown-session'],
    [1008, 'Too many frames that are no message.', 'refused'],
    [1001, '', 'lost'],
    [1006, '', 'lost'],
    [1013, 'Too many terminals are open.', 'lost'],
  ] as const)('takes %i %s as %s', ([code, reason, ending]) => {
    expect(endingOf({ code, reason })).toBe(ending);
  });
});
