import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeFolders } from './make-folders.ts';

describe('makeFolders()', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'folders-test-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('makes what is missing on the way, also when two calls meet', async () => {
    const path = join(root, 'a/b/c');
    await Promise.all([makeFolders(path), makeFolders(path), makeFolders(join(root, 'a/b'))]);
    expect((await stat(path)).isDirectory()).toBe(true);
    await makeFolders(path);
    await makeFolders('/');
  });

  it('goes through links to directories', async () => {
    await symlink(root, join(root, 'link'));
    await makeFolders(join(root, 'link/x/y'));
    expect((await stat(join(root, 'x/y'))).isDirectory()).toBe(true);
  });

  const refused = [
    ['a file on the way', (root: string) => join(root, 'file/x'), 'ENOTDIR'],
    ['a file of this name', (root: string) => join(root, 'file'), 'ENOTDIR'],
    ['a file system that makes none', () => '/proc/nowhere/x/y', 'ENOENT'],
    ['a name that is too long', (root: string) => join(root, 'x'.repeat(300)), 'ENAMETOOLONG'],
  ] as const;
  it.for(refused)('comes back with an error for %s', async ([, path, code]) => {
    await writeFile(join(root, 'file'), '');
    await expect(makeFolders(path(root))).rejects.toMatchObject({ code });
  });
});
