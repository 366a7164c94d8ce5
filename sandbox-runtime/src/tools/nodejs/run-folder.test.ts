import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { writeFiles } from './run-folder.ts';

describe('writeFiles()', () => {
  let base: string;
  let root: string;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'files-test-'));
    root = join(base, 'root');
    await mkdir(join(base, 'outside'));
    await writeFile(join(base, 'secret'), 'safe');
    await mkdir(root);
    await symlink('../outside', join(root, 'link'));
    await symlink('../secret', join(root, 'file-link'));
    await symlink('../new', join(root, 'broken-link'));
    await writeFile(join(root, 'plain'), 'old and long');
    execFileSync('mkfifo', [join(root, 'pipe')]);
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const attacks = [
    '',
    '/etc/x',
    '..',
    '../secret',
    'a/../../secret',
    'a/./b',
    './',
    '.',
    'a//b',
    'a/',
    'a\0b',
    'link/x',
    'link',
    'file-link',
    'broken-link',
    'plain/x',
    'pipe',
    'x'.repeat(256),
    'a/'.repeat(40) + 'b',
    `${'ü'.repeat(128)}/x`,
  ];
  it.for(attacks)('refuses %j', async (name) => {
    await expect(writeFiles(root, { [name]: 'evil' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await readFile(join(base, 'secret'), 'utf8')).toBe('safe');
    expect(await readdir(join(base, 'outside'))).toEqual([]);
    expect((await readdir(base)).toSorted()).toEqual(['outside', 'root', 'secret']);
  });

  it('refuses more than an answer to one call should write', async () => {
    const half = 'x'.repeat(9 * 1024 * 1024);
    await expect(writeFiles(root, { a: half, b: half })).rejects.toThrow(/more than/);
  });

  it('writes below, makes folders, and replaces', async () => {
    await writeFiles(root, { 'a/b/c.txt': '1', './d': '2', plain: 'new', 'a/..b': '3', 'ü \\ x': '4', __proto__x: '5' });
    const read = (name: string) => readFile(join(root, name), 'utf8');
    expect(await Promise.all(['a/b/c.txt', 'd', 'plain', 'a/..b', 'ü \\ x'].map(read))).toEqual(['1', '2', 'new', '3', '4']);
  });
});
