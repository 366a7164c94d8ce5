import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { commandLines, parseReport, quote } from './bash-line.ts';

describe('quote()', () => {
  const texts = [
    'plain',
    '',
    'it\'s "quoted"',
    'back\\slash \\n \\047',
    'line\nfeed\r\ttab',
    '$HOME `id` $(id) ${x} !history *',
    'é€😀 \u007f \u0001\u001b[0m',
    "'; exit 1; '",
  ];
  it.for(texts)('makes one word of bash of %j', (text) => {
    const word = quote(text);
    expect(word).not.toMatch(/[\n\r]/);
    const script = `printf %s ${word}`;
    expect(
      execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } }),
    ).toBe(text);
  });
});

describe('commandLines()', () => {
  const plain = { id: 4, command: 'ls', traced: false, status: 0 };
  const end = '{ __sandfleet_end 4; } 2>/dev/null\n__sandfleet_end 4 2>/dev/null\n';
  const cases = [
    ['a command', {}, `builtin eval $'ls' <&202 201>&- 202>&-; ${end}`],
    ['the last status', { status: 3 }, `__sandfleet_status 3 || builtin eval $'ls' <&202 201>&- 202>&-; ${end}`],
    ['a trace', { traced: true }, `builtin eval $'set -x; ls' <&202 201>&- 202>&-; ${end}`],
    [
      'a directory',
      { directory: "/a 'b'", physical: true },
      `builtin cd -P -- $'/a \\047b\\047' >/dev/null; builtin eval $'ls' <&202 201>&- 202>&-; ${end}`,
    ],
    [
      'a directory with its links',
      { directory: '/a', physical: false },
      `builtin cd -L -- $'/a' >/dev/null; builtin eval $'ls' <&202 201>&- 202>&-; ${end}`,
    ],
  ] as const;
  it.for(cases)('writes %s', ([, options, lines]) => {
    expect(commandLines({ ...plain, ...options })).toBe(lines);
  });
});

describe('parseReport()', () => {
  const cases = [
    ['3 0 - /home/gem', { id: 3, exitCode: 0, traced: false, directory: '/home/gem' }],
    ['12 130 x /a b\nc', { id: 12, exitCode: 130, traced: true, directory: '/a b\nc' }],
    ['3 - /home', undefined],
    ['', undefined],
    ['x 0 - /', undefined],
  ] as const;
  it.for(cases)('reads %j', ([text, report]) => {
    expect(parseReport(text)).toEqual(report);
  });
});
