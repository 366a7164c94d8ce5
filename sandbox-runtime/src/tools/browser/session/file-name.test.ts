import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { freeName, isCopyOf, safeFileName } from './file-name.ts';

describe('safeFileName()', () => {
  it.for([
    ['report.csv', 'report.csv'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['/etc/cron.d/x', 'x'],
    ['.bashrc', 'bashrc'],
    ['..', 'download'],
    ['', 'download'],
    ['   ', 'download'],
    ['a\0b\nc', 'a_b_c'],
    ['evil\u202Efdp.exe', 'evil_fdp.exe'],
    ['a:b?c*d', 'a_b_c_d'],
    ['Grüße 漢字.pdf', 'Grüße 漢字.pdf'],
  ] as const)('%j becomes %j', ([suggested, name]) => {
    expect(safeFileName(suggested)).toBe(name);
  });

  it('keeps the extension of a name that is too long', () => {
    const name = safeFileName(`${'漢'.repeat(300)}.tar.gz`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name.endsWith('漢.tar.gz')).toBe(true);
  });
});

describe('freeName()', () => {
  it('counts up and overwrites nothing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'file-name-'));
    const create = async (path: string) => (await open(path, 'wx')).close();
    const made = await Promise.all(Array.from({ length: 3 }, () => freeName(directory, 'a.tar.gz', create)));
    expect(made.toSorted()).toEqual(['a (1).tar.gz', 'a (2).tar.gz', 'a.tar.gz'].map((name) => join(directory, name)));
    expect(await readdir(directory)).toHaveLength(3);
    await expect(freeName(join(directory, 'none'), 'a', create)).rejects.toThrow(/ENOENT/);
    await rm(directory, { recursive: true });
  });
});

describe('isCopyOf()', () => {
  it.for([
    ['a.csv', 'a.csv', true],
    ['a (1).csv', 'a.csv', true],
    ['a (12).tar.gz', 'a.tar.gz', true],
    ['a (1)', 'a', true],
    ['a (b).csv', 'a.csv', false],
    ['a ().csv', 'a.csv', false],
    ['a (1).txt', 'a.csv', false],
    ['ab (1).csv', 'a.csv', false],
    ['a (1) (2).csv', 'a.csv', false],
  ] as const)('%j of %j: %s', ([file, name, isCopy]) => {
    expect(isCopyOf(file, name)).toBe(isCopy);
  });
});
