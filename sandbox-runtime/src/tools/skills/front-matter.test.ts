import { describe, expect, it } from 'vitest';

import { FrontMatterError, parseSkillText } from './front-matter.ts';

describe('parseSkillText()', () => {
  const good = [
    ['both parts', '---\nname: a\n---\n\n# Body\n', { name: 'a' }, '# Body\n'],
    ['no front matter', '# Body\n---\nx\n', {}, '# Body\n---\nx\n'],
    ['nothing', '', {}, ''],
    ['an empty front matter', '---\n---\nBody', {}, 'Body'],
    ['comments alone', '---\n# nothing\n---\nBody', {}, 'Body'],
    ['Windows line ends', '---\r\nname: a\r\n---\r\nBody\r\n', { name: 'a' }, 'Body\r\n'],
    ['a byte order mark', '\uFEFF---\nname: a\n---\nBody', { name: 'a' }, 'Body'],
    ['dots at the end', '---\nname: a\n...\nBody', { name: 'a' }, 'Body'],
    ['no body', '---\nname: a\n---', { name: 'a' }, ''],
    ['a line in the body', '---\nname: a\n---\nx\n---\ny', { name: 'a' }, 'x\n---\ny'],
    [
      'lists and maps',
      '---\ntags: [a, b]\nmeta: {v: 1.5, on: true, no: null}\n---\n',
      { tags: ['a', 'b'], meta: { v: 1.5, on: true, no: null } },
      '',
    ],
    ['a block of text', '---\ndescription: >\n  one\n  two\n---\n', { description: 'one two\n' }, ''],
    ['a date, which stays text', '---\nday: 2024-01-02\n---\n', { day: '2024-01-02' }, ''],
    ['a merge key, which is a key', '---\na: &a {x: 1}\nb: {<<: *a}\n---\n', { a: { x: 1 }, b: { '<<': { x: 1 } } }, ''],
  ] as const;
  it.for(good)('reads %s', ([, text, metadata, body]) => {
    expect(parseSkillText(text)).toEqual({ metadata, body });
  });

  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghij'.split('').map((key, index) => {
      const before = 'abcdefghij'[index] ?? 'a';
      return `${key}: &${key} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`;
    }),
  ].join('\n');
  const attacks = [
    ['no end', '---\nname: a\n'],
    ['a list', '---\n- a\n---\n'],
    ['a word', '---\nhello\n---\n'],
    ['no YAML', '---\na: [\n---\n'],
    ['a key twice', '---\na: 1\na: 2\n---\n'],
    ['two documents in one', '---\na: 1\n--- x\nb: 2\n---\n'],
    ['aliases that multiply', `---\n${bomb}\n---\n`],
    ['an alias to itself', '---\na: &a [*a]\n---\n'],
    ['an alias to nothing', '---\na: *b\n---\n'],
    ['brackets without end', `---\na: ${'['.repeat(30_000)}${']'.repeat(30_000)}\n---\n`],
    ['braces without end', `---\n${'{a: '.repeat(12_000)}\n---\n`],
    ['dashes without end', `---\na:\n  ${'- '.repeat(20_000)}\n---\n`],
    ['nesting that is too deep', `---\na: ${'['.repeat(20)}${']'.repeat(20)}\n---\n`],
    ['too much', `---\na: ${'x'.repeat(70_000)}\n---\n`],
  ] as const;
  it.for(attacks)('refuses %s', ([, text]) => {
    expect(() => parseSkillText(text)).toThrow(FrontMatterError);
  });

  it('builds nothing from tags, and no prototypes from keys', () => {
    const { metadata } = parseSkillText('---\na: !!js/function "x"\n__proto__: {polluted: true}\n---\n');
    expect(metadata['a']).toBe('x');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
  });
});
