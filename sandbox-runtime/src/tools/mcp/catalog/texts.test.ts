import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { imagesOf, plainText } from './markdown-text.ts';
import { commandText } from './shell-tools.ts';
import { shellQuoted } from './shell-quoted.ts';

describe('plainText()', () => {
  it.for([
    ['# Title\n\nSome **bold** and `code`.', 'Title\n\nSome bold and code.'],
    ['see [the page](http://x/a_b) now', 'see the page now'],
    ['![a cat](cat.png) and text', 'a cat and text'],
    ['* one\n* two\n1. three', 'one\ntwo\n1. three'],
    ['| a | b |\n| --- | :-: |\n| 1 | 2 |', 'a\tb\n1\t2'],
    ['```js\nlet a = 1;\n```', 'let a = 1;'],
    ['> quoted', 'quoted'],
    ['2 * 3 - [x', '2 * 3 - [x'],
    ['a\n\n\n\n\nb', 'a\n\nb'],
  ] as const)('takes the markup from %j', ([markdown, text]) => {
    expect(plainText(markdown)).toBe(text);
  });

  it.for([
    '['.repeat(1_000_000),
    `![](${'(<'.repeat(500_000)}`,
    '![]('.repeat(250_000),
    `![](${'x'.repeat(4000)}(`.repeat(250),
    '[a]('.repeat(250_000),
    `[a](${'x'.repeat(4000)}`.repeat(250),
    `${'-'.repeat(1_000_000)}x`,
    `${'| '.repeat(500_000)}x`,
    '\n'.repeat(1_000_000),
  ])('is done with a million characters that are made to take long', (text) => {
    const startedAt = performance.now();
    plainText(text);
    imagesOf(text);
    // Squared it would be hours.
    expect(performance.now() - startedAt).toBeLessThan(60_000);
  });
});

describe('imagesOf()', () => {
  it('finds address and description', () => {
    expect(imagesOf('![a](b.png "t") x ![](data:image/png;base64,AA) [no](c.png) ![d](<e.png>)')).toEqual([
      { alt: 'a', src: 'b.png' },
      { alt: '', src: 'data:image/png;base64,AA' },
      { alt: 'd', src: 'e.png' },
    ]);
  });
});

describe('commandText()', () => {
  it.for([
    [{ output: 'a\n', status: 'completed', exit_code: 0 }, 'a\n'],
    [{ output: 'a', status: 'completed', exit_code: 2 }, 'a\n[exit code: 2]'],
    [{ output: '', status: 'running', session_id: 's' }, '[status: running, session: s]'],
    [{}, ''],
  ] as const)('of %j is %j', ([data, text]) => {
    expect(commandText({ data }).text).toBe(text);
  });
});

describe('shellQuoted()', () => {
  it.for(['plain', "it's", '$(id)', '`id`', 'a b\nc', '"', '\\', '-rf', '*', '~', '!x', ''])('makes one word of %j', (text) => {
    expect(execFileSync('bash', ['-c', `printf %s ${shellQuoted(text)}`], { encoding: 'utf8' })).toBe(text);
  });
});
