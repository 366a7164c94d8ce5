import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { addressOf } from './address.ts';
import { bashCompletion } from './completion.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import { GROUPS } from './groups.ts';
import { outcomeOf } from './outcome.ts';
import { readSettings } from './settings.ts';
import { show } from './show.ts';

describe('show()', () => {
  it('makes a table of things, without what does not fit into one', () => {
    const rows = [
      { index: 0, title: 'One', inner: { a: 1 } },
      { index: 10, title: 'x'.repeat(80), inner: {} },
    ];
    expect(show(rows)).toBe(`INDEX  TITLE\n0      One\n10     ${'x'.repeat(59)}…`);
  });

  it.for([
    [null, 'Done.'],
    [[], '(none)'],
    ['a\nb\n', 'a\nb'],
    [{ a: 1, long: 'x' }, 'a     1\nlong  x'],
    [{ a: { b: [1, 2] } }, 'a:\n  b:\n    1\n    2'],
  ] as const)('shows %j', ([data, text]) => {
    expect(show(data)).toBe(text);
  });

  const attacks: readonly [string, string][] = [
    ['a title', '\u001B]0;owned\u0007'],
    ['the clipboard', '\u001B]52;c;aGk=\u0007'],
    ['the cursor', '\u001B[2J\u001B[1;1H'],
    ['an eight-bit sequence', '\u009B31m'],
    ['a backspace', 'rm\b\b'],
    ['a carriage return', 'good\rbad'],
    ['delete', '\u007F'],
  ];
  it.for(attacks)('lets no page write %s to the terminal', ([, text]) => {
    for (const data of [text, [{ title: text }], { title: text }, [text]])
      // oxlint-disable-next-line no-control-regex -- these are what it is about
      expect(show(data)).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/);
  });
});

describe('outcomeOf()', () => {
  const answer = (status: number, body: unknown, contentType = 'application/json; charset=utf-8') =>
    outcomeOf({ status, contentType, content: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }, false);
  const failures: readonly [string, number, unknown, number, string][] = [
    ['a tool that failed', 200, { success: false, message: 'no such element', data: null }, 1, 'no such element'],
    ['a refused field', 422, { detail: [{ loc: ['body', 'url'], msg: 'too long', type: 'x' }] }, 2, 'url: too long'],
    ['no credential', 401, { success: false, message: 'A bearer token is needed.' }, 4, 'A bearer token is needed.'],
    ['the wrong credential', 403, { success: false, message: 'no' }, 4, 'no'],
    ['a service that is off', 503, { success: false, message: 'off' }, 1, 'off'],
    ['a gateway without a sandbox', 502, '<html>', 3, 'The answer is 502.'],
    ['a problem of the gateway', 404, { title: 'x' }, 1, 'The answer is 404.'],
    ['null', 500, 'null', 1, 'The answer is 500.'],
  ];
  it.for(failures)('tells %s', ([, status, body, exit, message]) => {
    expect(answer(status, body)).toMatchObject({ kind: 'failure', exit, message });
  });
});

describe('addressOf()', () => {
  const world = { env: {}, isSocket: () => false, defaultSocket: () => '/run/x.sock' };
  it.for([
    ['the option', 'http://a:1/s/x/', {}, true, 'http://a:1/s/x'],
    ['the environment', undefined, { AIO_API_URL: 'https://b/', SANDFLEET_SOCKET: '/s' }, true, 'https://b'],
    ['the socket', undefined, { SANDFLEET_SOCKET: '/s' }, true, '/s'],
    ['the usual socket', undefined, {}, true, '/run/x.sock'],
    ['the port', undefined, { SANDFLEET_SOCKET: '/s' }, false, 'http://127.0.0.1:8080'],
    ['a socket by name', 'unix:///a/b', {}, false, '/a/b'],
  ] as const)('takes %s', ([, given, env, isSocket, shown]) => {
    expect(addressOf(given, { ...world, env, isSocket: () => isSocket }).shown).toBe(shown);
  });
  it.for(['x', 'ftp://a', 'localhost:8080'])('refuses %s', (given) => {
    expect(() => addressOf(given, world)).toThrow('is no address');
  });
});

describe('readSettings()', () => {
  it('takes what belongs to every command from anywhere, up to --', () => {
    const settings = readSettings(['--json', 'browser', '-o', 'a.png', 'type', '--token=t=1', '--', '--json']);
    expect(settings).toMatchObject({ format: 'json', output: 'a.png', token: 't=1', words: ['browser', 'type', '--', '--json'] });
  });
  it('refuses an option without its value', () => {
    expect(() => readSettings(['--api-url'])).toThrow('--api-url needs a value');
  });
});

describe('help', () => {
  it('is there at each level, with an example, in lines that fit', () => {
    const commands = GROUPS.flatMap((group) => group.commands.map((command) => commandHelp(group, command)));
    const texts = [...GROUPS.map(groupHelp), ...commands];
    for (const text of [overview(), ...texts]) {
      expect(text).toContain('aio');
      expect(Math.max(...text.split('\n').map((line) => line.length)), text).toBeLessThan(161);
    }
  });
});

describe('the completion of bash', () => {
  const complete = (line: string) => {
    const words = line.split(' ');
    const script = `${bashCompletion()}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _aio; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc', '-c', script]).toString().trim().split('\n');
  };
  it.for([
    ['aio b', ['browser']],
    ['aio browser nav', ['navigate']],
    ['aio browser tabs cl', ['close']],
    ['aio browser navigate --wait', ['--wait-until']],
    ['aio browser navigate x --wait-until net', ['networkidle']],
    ['aio sandbox services start br', ['browser']],
    ['aio completion ', ['bash']],
    ['aio browser nothing ', ['']],
  ] as const)('completes %s', ([line, expected]) => {
    expect(complete(line)).toEqual(expect.arrayContaining([...expected]));
  });
});
