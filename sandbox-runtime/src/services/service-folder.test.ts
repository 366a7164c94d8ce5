import { existsSync, mkdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { ServiceFolder } from './service-folder.ts';

describe('ServiceFolder', () => {
  it('is for this user alone, has short paths, and leaves nothing', async () => {
    const folder = new ServiceFolder();
    expect(existsSync(folder.path)).toBe(false);
    await Promise.all([folder.make(), folder.make()]);
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    expect(folder.file('code-server.sock').length).toBeLessThan(100);
    writeFileSync(folder.file('x'), '');
    await folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });

  it('is there again at the next start when somebody has tidied it away', async () => {
    const folder = new ServiceFolder();
    await folder.make();
    rmSync(folder.path, { recursive: true });
    await folder.make();
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    await folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });

  it('is made once there is room for it, when there was none at first', async () => {
    const folder = new ServiceFolder();
    // Something in its place stands for a full disk: both refuse it.
    writeFileSync(folder.path, '');
    await expect(folder.make()).rejects.toThrow('EEXIST');
    rmSync(folder.path);
    await folder.make();
    expect(existsSync(folder.path)).toBe(true);
    await folder.remove();
  });

  it('does not remove what it has not made', async () => {
    const folder = new ServiceFolder();
    mkdirSync(folder.path);
    await folder.remove();
    expect(existsSync(folder.path)).toBe(true);
    rmdirSync(folder.path);
  });
});
