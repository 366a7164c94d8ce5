import { describe, expect, it } from 'vitest';

import { ArchiveError, EntryNames, planEntry } from './archive-path.ts';
import { isSkillName } from './skill-name.ts';

const claim = (name: string, more: Partial<Parameters<typeof planEntry>[0]> = {}) => ({
  name,
  mode: 0,
  encrypted: false,
  compressionMethod: 8,
  ...more,
});

describe('planEntry()', () => {
  it('takes files and directories', () => {
    expect(planEntry(claim('a/b c.txt'))).toEqual({ parts: ['a', 'b c.txt'], kind: 'file', executable: false });
    expect(planEntry(claim('a/run', { mode: 0o100_755 }))).toEqual({ parts: ['a', 'run'], kind: 'file', executable: true });
    expect(planEntry(claim('a/ü/', { mode: 0o040_755 }))).toEqual({ parts: ['a', 'ü'], kind: 'directory', executable: true });
    expect(planEntry(claim('..a/b..', { compressionMethod: 0 })).parts).toEqual(['..a', 'b..']);
  });

  const paths = [
    '../x',
    'a/../../x',
    'a/..',
    '..',
    '../',
    '/etc/passwd',
    '//x',
    '/',
    '',
    './a',
    'a/./b',
    'a//b',
    'a//',
    '..\\x',
    'a\\b',
    'C:\\x',
    'C:/x',
    'c:x',
    'a\0b',
    'a\nb',
    'a\u007Fb',
    'a\u202Egnp.exe',
    'a\uD800',
    'x'.repeat(256),
    `${'ü'.repeat(128)}/a`,
    'a/'.repeat(17),
    `${'abcdefghij/'.repeat(15)}${'x'.repeat(200)}`.repeat(6),
  ];
  it.for(paths)('refuses the path %j', (name) => {
    expect(() => planEntry(claim(name))).toThrow(expect.objectContaining({ type: 'invalid_path' }));
  });

  const kinds = [
    ['a symbolic link', 'a', 0o120_777],
    ['a symbolic link that ends as a directory', 'a/', 0o120_777],
    ['a character device', 'a', 0o020_666],
    ['a block device', 'a', 0o060_666],
    ['a named pipe', 'a', 0o010_666],
    ['a socket', 'a', 0o140_666],
    ['a directory that is named as a file', 'a', 0o040_755],
    ['a file that is named as a directory', 'a/', 0o100_644],
  ] as const;
  it.for(kinds)('refuses %s', ([, name, mode]) => {
    expect(() => planEntry(claim(name, { mode }))).toThrow(expect.objectContaining({ type: 'invalid_target' }));
  });

  it('refuses what it cannot unpack', () => {
    for (const more of [{ encrypted: true }, { compressionMethod: 12 }, { compressionMethod: 99 }])
      expect(() => planEntry(claim('a', more))).toThrow(expect.objectContaining({ type: 'decode_error' }));
  });
});

describe('EntryNames', () => {
  const add = (names: readonly string[]) => {
    const seen = new EntryNames();
    for (const name of names) seen.add(planEntry(claim(name)));
  };

  it('takes a directory as often as it comes', () => {
    expect(() => add(['a/', 'a/b', 'a/c/', 'a/c/d', 'a/'])).not.toThrow();
  });

  const doubles = [
    ['a', 'a'],
    ['a', 'A'],
    ['SKILL.md', 'skill.MD'],
    ['a/x', 'A/y'],
    ['a/x', 'A/'],
    ['a', 'a/b'],
    ['a/b', 'a'],
    ['a', 'a/'],
    ['é', 'e\u0301'],
    ['straße', 'STRASSE'],
  ] as const;
  it.for(doubles)('refuses %j beside %j', (names) => {
    expect(() => add(names)).toThrow(ArchiveError);
  });
});

describe('isSkillName()', () => {
  it.for(['a', 'my-skill', 'My Skill 2.0', 'c++', '漢字', '_x', 'x'.repeat(64)])('takes %j', (name) => {
    expect(isSkillName(name)).toBe(true);
  });
  it.for(['', '.', '..', '.hidden', '-rf', ' a', 'a ', 'a.', 'a/b', 'a\\b', 'a\nb', 'a\0', 'a,b', 'a\u202Eb', 'x'.repeat(65)])(
    'refuses %j',
    (name) => {
      expect(isSkillName(name)).toBe(false);
    },
  );
});
