import { existsSync, mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';

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

  it('does not remove what it has not made', async () => {
    const folder = new ServiceFolder();
    mkdirSync(folder.path);
    await folder.remove();
    expect(existsSync(folder.path)).toBe(true);
    rmdirSync(folder.path);
  });
});
