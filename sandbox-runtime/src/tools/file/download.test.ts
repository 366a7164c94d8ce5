import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { afterAll, describe, expect, it } from 'vitest';

import { parseRange } from './byte-range.ts';
import { attachment } from './content-disposition.ts';
import { CHUNK_BYTES, contentOf } from './download.ts';
import { openRegular } from './open-regular.ts';

describe('parseRange()', () => {
  const cases = [
    [undefined, 'all'],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-5', { start: 2, end: 5 }],
    ['bytes=8-', { start: 8, end: 9 }],
    ['bytes=8-100', { start: 8, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-300', { start: 0, end: 9 }],
    ['bytes=-0', 'none'],
    ['bytes=10-', 'none'],
    ['bytes=99999999999999999999-', 'none'],
    ['bytes=5-2', 'all'],
    ['bytes=0-1,3-4', 'all'],
    ['bytes=-', 'all'],
    ['bytes=a-b', 'all'],
    ['lines=0-1', 'all'],
  ] as const;
  it.for(cases)('reads %s of 10 bytes', ([header, range]) => {
    expect(parseRange(header, 10)).toEqual(range);
  });
});

describe('attachment()', () => {
  const cases = [
    ['a b.txt', 'attachment; filename="a b.txt"'],
    ['ü€.txt', `attachment; filename="__.txt"; filename*=UTF-8''%C3%BC%E2%82%AC.txt`],
    ['a"\r\nSet-Cookie: x', `attachment; filename="a___Set-Cookie_ x"; filename*=UTF-8''a%22%0D%0ASet-Cookie%3A%20x`],
    ["it's*", `attachment; filename="it's_"; filename*=UTF-8''it%27s%2a`],
    ['\ud800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ] as const;
  it.for(cases)('names %j', ([name, header]) => {
    expect(attachment(name)).toBe(header);
  });
});

describe('contentOf()', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'download-test-'));
  afterAll(() => rm(folder, { recursive: true }));
  const length = CHUNK_BYTES * 3 + 5;
  const file = async (name: string) => {
    const path = join(folder, name);
    await writeFile(path, Buffer.alloc(length, name));
    return { path, opened: await openRegular(path, 'download') };
  };

  it('refuses a file that changed before the first byte', async () => {
    const { path, opened } = await file('early');
    await appendFile(path, 'x');
    await expect(contentOf(opened, { start: 0, length, abortOnChange: true })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('ends without the last bytes when the file changes later', async () => {
    const { path, opened } = await file('late');
    const content = await contentOf(opened, { start: 0, length, abortOnChange: true });
    await appendFile(path, 'x');
    await expect(buffer(content as NodeJS.ReadableStream)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('gives what was announced when changes do not matter', async () => {
    const { path, opened } = await file('grown');
    const content = await contentOf(opened, { start: 0, length, abortOnChange: false });
    await appendFile(path, 'x');
    expect((await buffer(content as NodeJS.ReadableStream)).equals((await readFile(path)).subarray(0, length))).toBe(true);
  });

  it('fails when the file becomes shorter than announced', async () => {
    const { path, opened } = await file('shorter');
    const content = await contentOf(opened, { start: 0, length, abortOnChange: false });
    await truncate(path, CHUNK_BYTES);
    await expect(buffer(content as NodeJS.ReadableStream)).rejects.toThrow('shorter');
  });
});
