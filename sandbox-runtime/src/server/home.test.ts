import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '@sandfleet/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { prepareHome } from './home.ts';

describe('prepareHome()', () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'home-test-'));
    await mkdir(join(root, 'skel/.config'), { recursive: true });
    await writeFile(join(root, 'skel/.bashrc'), 'from skel');
    await writeFile(join(root, 'skel/.config/tool'), 'x');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const prepare = () =>
    prepareHome({ home: join(root, 'home'), workspace: join(root, 'home/projects/deep'), skeleton: join(root, 'skel'), log });

  it('fills a home that is new', async () => {
    await prepare();
    expect((await readdir(join(root, 'home'))).toSorted()).toEqual(['.bashrc', '.config', 'projects']);
    expect(await readFile(join(root, 'home/.config/tool'), 'utf8')).toBe('x');
  });

  it('fills a volume that was just formatted', async () => {
    await mkdir(join(root, 'home/lost+found'), { recursive: true });
    await prepare();
    expect(await readdir(join(root, 'home'))).toContain('.bashrc');
  });

  it('leaves a home that is in use alone, but for the workspace', async () => {
    await mkdir(join(root, 'home'));
    await writeFile(join(root, 'home/mine'), 'x');
    await prepare();
    expect((await readdir(join(root, 'home'))).toSorted()).toEqual(['mine', 'projects']);
  });

  it('lets a sandbox start where there is no skeleton, or no way to write', async () => {
    await rm(join(root, 'skel'), { recursive: true });
    await prepare();
    await chmod(root, 0o500);
    await prepareHome({ home: '/proc/nowhere', workspace: '/proc/nowhere/work', skeleton: '/nowhere', log });
    await chmod(root, 0o700);
  });
});
