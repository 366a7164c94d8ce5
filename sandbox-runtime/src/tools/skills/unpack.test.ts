import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { zipOf, type ZipEntry } from './fixtures.ts';
import { unpack, UNPACK_LIMITS, type UnpackLimits } from './unpack.ts';

const never = new AbortController().signal;
let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'unpack-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function unpackBytes(bytes: Buffer, limits: UnpackLimits = UNPACK_LIMITS, signal = never): Promise<string> {
  const archive = join(folder, 'archive');
  const target = await mkdtemp(join(folder, 'target-'));
  await writeFile(archive, bytes);
  await unpack(archive, target, { signal, limits });
  return target;
}

describe('unpack()', () => {
  it('writes files and directories, with modes of our own', async () => {
    const target = await unpackBytes(
      zipOf([
        { name: 'empty/' },
        { name: 'a/ü.txt', content: 'text', stored: true },
        { name: 'a/run', content: '#!/bin/sh\n', mode: 0o104_755 },
        { name: 'a/secret', content: 'x', mode: 0o100_000 },
      ]),
    );
    expect((await readdir(target, { recursive: true })).sort()).toEqual(['a', 'a/run', 'a/secret', 'a/ü.txt', 'empty']);
    expect(await readFile(join(target, 'a/ü.txt'), 'utf8')).toBe('text');
    const modes = await Promise.all(['a/run', 'a/secret'].map(async (name) => (await stat(join(target, name))).mode & 0o7777));
    expect(modes).toEqual([0o755, 0o644]);
  });

  it('takes an archive of nothing, and small files however dense', async () => {
    expect(await readdir(await unpackBytes(zipOf([])))).toEqual([]);
    await unpackBytes(zipOf([{ name: 'zeros', content: Buffer.alloc(1024 * 1024) }]));
  });

  const megabytes = (count: number) => Buffer.alloc(count * 1024 * 1024);
  const good = zipOf([{ name: 'a', content: 'some text that is long enough' }]);
  const attacks: readonly [string, Buffer, string][] = [
    ['nothing at all', Buffer.alloc(0), 'decode_error'],
    ['text', Buffer.from('hello'.repeat(100)), 'decode_error'],
    ['another format', Buffer.from('1f8b08000000000000034b040043beb7e801000000', 'hex'), 'decode_error'],
    ['an archive without its end', good.subarray(0, good.length - 10), 'decode_error'],
    ['an archive without its beginning', good.subarray(20), 'decode_error'],
    ['an archive with something behind it', Buffer.concat([good, Buffer.from('x')]), 'decode_error'],
    ['more entries declared than there are', zipOf([{ name: 'a' }], { declaredEntries: 2 }), 'decode_error'],
    ['a wrong checksum', zipOf([{ name: 'a', content: 'x', claims: { crc: 1 } }]), 'decode_error'],
    [
      'a wrong checksum of bytes as they are',
      zipOf([{ name: 'a', content: 'x', stored: true, claims: { crc: 1 } }]),
      'decode_error',
    ],
    ['more bytes than the entry says', zipOf([{ name: 'a', content: megabytes(3), claims: { size: 10 } }]), 'decode_error'],
    ['fewer bytes than the entry says', zipOf([{ name: 'a', content: 'x', claims: { size: 10 } }]), 'decode_error'],
    [
      'a size that is a lie for stored bytes',
      zipOf([{ name: 'a', content: 'x', stored: true, claims: { size: 9 } }]),
      'decode_error',
    ],
    [
      'bytes that are no deflate stream',
      zipOf([{ name: 'a', content: '\xff\xff\xff', stored: true, method: 8 }]),
      'decode_error',
    ],
    ['encryption', zipOf([{ name: 'a', content: 'x', flags: 1 }]), 'decode_error'],
    ['strong encryption', zipOf([{ name: 'a', content: 'x', flags: 0x41 }]), 'decode_error'],
    ['another compression', zipOf([{ name: 'a', content: 'x', method: 12 }]), 'decode_error'],
    ['a bomb', zipOf([{ name: 'a', content: megabytes(40) }]), 'too_large'],
    ['a bomb of many parts', zipOf(Array.from({ length: 40 }, (_, n) => ({ name: `${n}`, content: megabytes(1) }))), 'too_large'],
    ['a size beyond all bounds', zipOf([{ name: 'a', content: 'x', claims: { size: 0xfffffff0 } }]), 'too_large'],
    ['a way out', zipOf([{ name: '../x', content: 'x' }]), 'invalid_path'],
    ['a way out below', zipOf([{ name: 'a/../../x', content: 'x' }]), 'invalid_path'],
    ['a way out by backslashes', zipOf([{ name: '..\\x', content: 'x' }]), 'invalid_path'],
    ['an absolute path', zipOf([{ name: '/tmp/x', content: 'x' }]), 'invalid_path'],
    ['a drive', zipOf([{ name: 'C:/x', content: 'x' }]), 'invalid_path'],
    ['a symbolic link', zipOf([{ name: 'a', content: '/etc', mode: 0o120_777 }]), 'invalid_target'],
    ['a link and a file through it', zipOf([{ name: 'a', content: '/tmp', mode: 0o120_777 }, { name: 'a/x' }]), 'invalid_target'],
    ['a device', zipOf([{ name: 'a', mode: 0o020_666 }]), 'invalid_target'],
    ['a name twice', zipOf([{ name: 'a' }, { name: 'a' }]), 'invalid_path'],
    ['names that differ in case', zipOf([{ name: 'SKILL.md' }, { name: 'skill.md' }]), 'invalid_path'],
    ['a file that is a directory too', zipOf([{ name: 'a' }, { name: 'a/b' }]), 'invalid_path'],
    ['entries that share their bytes', zipOf(sharing(50)), 'too_large'],
    ['more entries than are taken', zipOf(Array.from({ length: 2001 }, (_, n) => ({ name: `${n}` }))), 'too_large'],
  ];
  it.for(attacks)('refuses %s', async ([, bytes, type]) => {
    await expect(unpackBytes(bytes)).rejects.toMatchObject({ name: 'ArchiveError', type });
    expect((await readdir(folder)).filter((name) => !/^(archive|target-.*)$/.test(name))).toEqual([]);
  });

  it('holds the sum of all entries to the limit', async () => {
    const bytes = zipOf(Array.from({ length: 11 }, (_, n) => ({ name: `${n}`, content: 'x'.repeat(100) })));
    await expect(unpackBytes(bytes, { ...UNPACK_LIMITS, bytes: 1000 })).rejects.toMatchObject({ type: 'too_large' });
  });

  it('stops when it is called off', async () => {
    const controller = new AbortController();
    controller.abort(new Error('gone'));
    await expect(unpackBytes(zipOf([{ name: 'a', content: 'x' }]), UNPACK_LIMITS, controller.signal)).rejects.toThrow('gone');
  });
});

function sharing(count: number): ZipEntry[] {
  const content = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7919) % 251));
  return Array.from({ length: count }, (_, n) => ({ name: `${n}`, content, ...(n === 0 ? {} : { sharesBytesOf: 0 }) }));
}
