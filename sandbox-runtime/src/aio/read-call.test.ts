import { describe, expect, it } from 'vitest';

import { OPERATIONS } from './command.ts';
import { fieldsOf } from './fields.ts';
import { findCommand, GROUPS } from './groups.ts';
import { readCall } from './read-call.ts';
import { UsageError } from './usage-error.ts';

const call = (...words: readonly string[]) => {
  const found = findCommand(words);
  if (found.kind !== 'command') throw new Error(`no command: ${words.join(' ')}`);
  return readCall(found.command, found.rest);
};

describe('the table of commands', () => {
  const all = GROUPS.flatMap((group) => group.commands.map((command) => ({ words: `${group.name} ${command.name}`, command })));

  it.for(all)('has what $words needs', ({ command }) => {
    expect(OPERATIONS[command.operation], command.operation).toBeDefined();
    const names = fieldsOf(command).map(({ name }) => name);
    const places = (command.places ?? []).filter((place) => place !== '*').flatMap((place) => place.split('|'));
    expect(places.filter((place) => !names.includes(place))).toEqual([]);
    expect(names.filter((name) => ['json', 'plain', 'help', 'output', 'token', 'api_url', 'version'].includes(name))).toEqual([]);
  });

  it('has no name twice, and all operations of its tags', () => {
    expect(new Set(all.map(({ words }) => words)).size).toBe(all.length);
    const used = new Set(all.map(({ command }) => command.operation));
    const left = Object.keys(OPERATIONS).filter((id) => !used.has(id) && !id.startsWith('observe_'));
    expect(left).toEqual([]);
  });
});

describe('readCall()', () => {
  const cases: readonly [string, readonly string[], object][] = [
    [
      'a place and an option',
      ['browser', 'navigate', 'localhost:3000', '--wait-until', 'networkidle', '--timeout=2.5'],
      {
        method: 'POST',
        path: '/v1/browser/page/navigate',
        body: { url: 'localhost:3000', wait_until: 'networkidle', timeout: 2.5 },
      },
    ],
    ['digits as an index', ['browser', 'click', '3'], { body: { index: 3 } }],
    ['a selector', ['browser', 'click', '#a'], { body: { selector: '#a' } }],
    ['an index by name, and text by place', ['browser', 'fill', '--index', '2', 'Ada'], { body: { index: 2, text: 'Ada' } }],
    ['a snake-case option', ['browser', 'click', '#a', '--click_count', '2'], { body: { selector: '#a', click_count: 2 } }],
    ['several keys', ['browser', 'hotkey', 'Control', 'Shift', 't'], { body: { keys: ['Control', 'Shift', 't'] } }],
    ['negative numbers', ['gui', 'move-by', '-20', '-0.5'], { body: { action_type: 'MOVE_REL', x_offset: -20, y_offset: -0.5 } }],
    ['a negative number of an option', ['gui', 'scroll', '--dx', '-3'], { body: { action_type: 'SCROLL', dx: -3 } }],
    [
      'a switch',
      ['browser', 'screenshot', '--full-page'],
      { path: '/v1/browser/page/screenshot?full_page=true', body: undefined },
    ],
    [
      'a switch that is off',
      ['gui', 'type', 'a', '--no-use-clipboard'],
      { body: { action_type: 'TYPING', text: 'a', use_clipboard: false } },
    ],
    ['a list as the default of a word', ['browser', 'tabs'], { method: 'GET', path: '/v1/browser/tabs' }],
    ['a number in the path', ['browser', 'tabs', 'close', '1'], { method: 'DELETE', path: '/v1/browser/tabs/1' }],
    ['a name that is no path', ['skills', 'show', '../../etc'], { path: '/v1/skills/..%2F..%2Fetc/content' }],
    ['pairs', ['browser', 'headers', 'X-A=1', 'X-B=2=3'], { body: { headers: { 'X-A': '1', 'X-B': '2=3' } } }],
    ['an object as JSON', ['browser', 'headers', '{"X-A":"1"}'], { body: { headers: { 'X-A': '1' } } }],
    ['a written form of an object', ['gui', 'resolution', '1280x720'], { body: { resolution: '1280x720' } }],
    [
      'objects of a list',
      ['browser', 'cookies', 'set', '{"name":"a","value":"1"}'],
      { body: { cookies: [{ name: 'a', value: '1' }] } },
    ],
    ['null where it may be', ['browser', 'restart', '--locale', 'null'], { body: { locale: null } }],
    [
      'a free body as pairs',
      ['mcp', 'call', 'shell', 'run', 'a=1', 'b=x y'],
      { path: '/v1/mcp/shell/tools/run', body: { a: 1, b: 'x y' } },
    ],
    ['a free body as JSON', ['mcp', 'call', 'file', 'read', '{"a":[1]}'], { body: { a: [1] } }],
    ['what begins with hyphens', ['browser', 'type', '--', '--full'], { body: { text: '--full' } }],
  ];
  it.for(cases)('reads %s', ([, words, expected]) => {
    expect(call(...words)).toMatchObject(expected);
  });

  const wrong: readonly [string, readonly string[], RegExp][] = [
    ['a missing place', ['browser', 'navigate'], /URL is missing/],
    ['an unknown option', ['browser', 'navigate', 'x', '--speed', '1'], /--speed/],
    ['too much', ['browser', 'type', 'Hello', 'world'], /"world" is too much/],
    ['text for a number', ['gui', 'move', 'left', '2'], /x: "left" is no number/],
    ['a part of a whole number', ['browser', 'tabs', 'close', '1.5'], /no whole number/],
    ['none of the choices', ['browser', 'scroll', 'sideways'], /none of up, down, left, right/],
    ['an option without its value', ['browser', 'navigate', 'x', '--timeout'], /--timeout/],
    ['no pair', ['mcp', 'call', 'a', 'b', 'c'], /no pair/],
    ['broken JSON', ['mcp', 'call', 'a', 'b', '{"a"'], /one JSON object/],
    ['an object that is none', ['browser', 'form', 'a'], /write each as JSON/],
  ];
  it.for(wrong)('refuses %s', ([, words, message]) => {
    expect(() => call(...words)).toThrow(UsageError);
    expect(() => call(...words)).toThrow(message);
  });
});
