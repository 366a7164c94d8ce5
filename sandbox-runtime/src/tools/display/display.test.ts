import { describe, expect, it } from 'vitest';

import { parseResolution } from './config-route.ts';
import { displayNumber } from './desktop.ts';
import { filmCommand } from './film.ts';
import { onScreen } from './perform.ts';
import { defaultPath } from './record-route.ts';

const size = { width: 1280, height: 1024 };

describe('onScreen()', () => {
  it.for([
    [0, 0, 0, 0],
    [1279, 1023, 1279, 1023],
    [0.4, 1023.4, 0, 1023],
    [10.5, 3.2, 11, 3],
  ] as const)('takes %d,%d for a pixel', ([x, y, column, row]) => {
    expect(onScreen({ x, y }, size)).toEqual({ x: column, y: row });
  });

  it.for([
    [1280, 0],
    [0, 1024],
    [-1, 5],
    [5, -0.6],
    [1279.5, 0],
    [99_999, 99_999],
  ] as const)('refuses %d,%d', ([x, y]) => {
    expect(() => onScreen({ x, y }, size)).toThrow('is not on the screen, which is 1280 x 1024 pixels');
  });
});

describe('parseResolution()', () => {
  it.for(['1920x1080', ' 1920X1080 ', '1920 x 1080', '1920×1080', '1920*1080'])('reads %j', (text) => {
    expect(parseResolution(text)).toEqual({ width: 1920, height: 1080 });
  });

  it.for(['', 'big', '1920', '1920x', 'x1080', '1920x1080x24', '-1x5', 5, null])('leaves %j to the schema', (value) => {
    expect(parseResolution(value)).toBe(value);
  });
});

describe('filmCommand()', () => {
  const film = { display: ':43', size, fps: 5, crf: 28, seconds: 600, bytes: 1e9, path: '/tmp/a b.mp4' };
  const filterOf = (command: readonly string[]) => command[command.indexOf('-vf') + 1];

  it('names the screen and the file, and no file can be taken for anything else', () => {
    const command = filmCommand({ ...film, path: '/tmp/-y http://x' });
    expect(command).toContain(':43.0');
    expect(command.at(-1)).toBe('file:/tmp/-y http://x');
  });

  it.for([
    [undefined, undefined, 'crop=trunc(iw/2)*2:trunc(ih/2)*2'],
    [640, undefined, 'scale=640:-2'],
    [undefined, 481, 'scale=-2:480'],
    [1, 333, 'scale=2:332'],
  ] as const)('makes sides of %s x %s even', ([width, height, filter]) => {
    expect(filterOf(filmCommand({ ...film, width, height }))).toBe(filter);
  });
});

it('a recording without a path is named by its time', () => {
  expect(defaultPath(new Date('2026-01-02T03:04:05.678Z'))).toBe('/tmp/recordings/recording_20260102_030405_678.mp4');
});

it.for([
  [':99', '99'],
  [':43.0', '43'],
  ['host:7.1', '7'],
  ['', '0'],
] as const)('the display %j has the number %s', ([display, number]) => {
  expect(displayNumber(display)).toBe(number);
});
