import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';

interface Data {
  readonly file: string;
  readonly content: string;
  readonly line_count: number;
  readonly bytes_written: number;
  readonly error_type?: string;
  readonly [key: string]: unknown;
}

interface Listing {
  readonly files: readonly { readonly name: string; readonly path: string; readonly [key: string]: unknown }[];
  readonly total_count: number;
  readonly directory_count: number;
  readonly file_count: number;
  readonly truncated: boolean;
}

const read = async (runtime: TestRuntime, body: object) => (await runtime.post<Data>('/v1/file/read', body)).body;
const write = async (runtime: TestRuntime, body: object) => (await runtime.post<Data>('/v1/file/write', body)).body;
const list = async (runtime: TestRuntime, body: object) => (await runtime.post<Listing>('/v1/file/list', body)).body;

describe('POST /v1/file/write and read', () => {
  it('makes folders on the way and gives the same text back', async () => {
    await using runtime = await testRuntime();
    const content = 'one\r\ntwo\tü€😀\n\u0000\ufeffend';
    const { success, data } = await write(runtime, { file: 'a/b/c.txt', content });
    expect([success, data]).toEqual([true, { file: join(runtime.home, 'a/b/c.txt'), bytes_written: Buffer.byteLength(content) }]);
    expect((await read(runtime, { file: '~/a/b/c.txt' })).data).toEqual({
      file: join(runtime.home, 'a/b/c.txt'),
      content,
      line_count: 3,
    });
  });

  const encodings = [
    ['utf-8', { content: 'ü' }, [0xc3, 0xbc]],
    ['base64', { content: 'AP+A\nZg==', encoding: 'base64' }, [0, 0xff, 0x80, 0x66]],
    ['base64 without padding', { content: 'AP+AZg', encoding: 'base64' }, [0, 0xff, 0x80, 0x66]],
    ['raw', { content: '\u0000ÿ\n', encoding: 'raw' }, [0, 0xff, 10]],
    ['newlines around text', { content: 'x', leading_newline: true, trailing_newline: true }, [10, 120, 10]],
    ['nothing', { content: '' }, []],
    ['null for every option', { content: 'x', encoding: null, append: null, leading_newline: null, sudo: null }, [120]],
  ] as const;
  it.for(encodings)('writes %s', async ([, body, bytes]) => {
    await using runtime = await testRuntime();
    const { data } = await write(runtime, { file: 'f', ...body });
    expect(data.bytes_written).toBe(bytes.length);
    expect([...(await readFile(join(runtime.home, 'f')))]).toEqual(bytes);
  });

  it('appends, and makes the file when it is not there', async () => {
    await using runtime = await testRuntime();
    await write(runtime, { file: 'log', content: 'a', append: true });
    expect((await write(runtime, { file: 'log', content: 'b', append: true, leading_newline: true })).data.bytes_written).toBe(2);
    expect((await read(runtime, { file: 'log' })).data.content).toBe('a\nb');
  });

  it('takes path for file', async () => {
    await using runtime = await testRuntime();
    await write(runtime, { path: 'f', content: 'x' });
    expect((await read(runtime, { path: 'f' })).data.content).toBe('x');
  });

  const ranges = [
    [{ start_line: 0, end_line: 1 }, 'l0'],
    [{ start_line: 1, end_line: 3 }, 'l1\nl2'],
    [{ start_line: 3 }, 'l3\n'],
    [{ end_line: 2 }, 'l0\nl1'],
    [{ start_line: 5, end_line: 9 }, ''],
    [{ start_line: 3, end_line: 1 }, ''],
    [{ start_line: null, end_line: null }, 'l0\nl1\nl2\nl3\n\n'],
  ] as const;
  it.for(ranges)('reads lines %j', async ([range, content]) => {
    await using runtime = await testRuntime();
    await write(runtime, { file: 'f', content: 'l0\nl1\nl2\nl3\n\n' });
    expect((await read(runtime, { file: 'f', ...range })).data).toMatchObject({ content, line_count: 5 });
  });

  it('replaces a file as a whole: mode kept, links followed, open readers undisturbed, nothing left beside it', async () => {
    await using runtime = await testRuntime();
    const path = join(runtime.home, 'real.sh');
    await writeFile(path, 'old', { mode: 0o751 });
    await chmod(path, 0o751);
    await symlink('real.sh', join(runtime.home, 'link'));
    const reader = await open(path);
    await write(runtime, { file: 'link', content: 'new' });
    expect((await reader.readFile('utf8')).toString()).toBe('old');
    await reader.close();
    expect([await readFile(path, 'utf8'), (await stat(path)).mode & 0o777]).toEqual(['new', 0o751]);
    expect((await lstat(join(runtime.home, 'link'))).isSymbolicLink()).toBe(true);
    expect((await readdir(runtime.home)).toSorted()).toEqual(['link', 'real.sh']);
  });

  const bad = [
    ['a base64 that is none', { content: 'a*b', encoding: 'base64' }, 'decode_error'],
    ['a base64 that is cut', { content: 'A', encoding: 'base64' }, 'decode_error'],
    ['raw text beyond one byte', { content: '€', encoding: 'raw' }, 'decode_error'],
  ] as const;
  it.for(bad)('refuses %s and leaves the old content', async ([, body, type]) => {
    await using runtime = await testRuntime();
    await write(runtime, { file: 'f', content: 'old' });
    const { success, data } = await write(runtime, { file: 'f', ...body });
    expect([success, data.error_type]).toEqual([false, type]);
    expect([await readFile(join(runtime.home, 'f'), 'utf8'), await readdir(runtime.home)]).toEqual(['old', ['f']]);
  });

  it('never shows half of a write to a reader', async () => {
    await using runtime = await testRuntime();
    const contents = ['a', 'b'].map((letter) => letter.repeat(300_000));
    await write(runtime, { file: 'f', content: contents[0] });
    const writes = (async () => {
      for (let turn = 0; turn < 20; turn += 1) await write(runtime, { file: 'f', content: contents[turn % 2] });
    })();
    let seen = 0;
    const reads = (async () => {
      for (; seen < 40; seen += 1) expect(contents).toContain((await read(runtime, { file: 'f' })).data.content);
    })();
    await Promise.all([writes, reads]);
    expect(seen).toBe(40);
  });
});

describe('file errors', () => {
  const cases = [
    ['a file that is not there', 'read', { file: 'none' }, 'not_found'],
    ['a directory to read', 'read', { file: 'dir' }, 'invalid_target'],
    ['a directory to write', 'write', { file: 'dir', content: '' }, 'invalid_target'],
    ['a file on the way', 'write', { file: 'file/x', content: '' }, 'invalid_target'],
    ['a named pipe', 'read', { file: 'pipe' }, 'invalid_target'],
    ['an endless device', 'read', { file: '/dev/zero' }, 'invalid_target'],
    ['bytes that are no text', 'read', { file: 'binary' }, 'decode_error'],
    ['a name with a NUL', 'read', { file: 'a\u0000b' }, 'invalid_path'],
    ['a name that is too long', 'write', { file: 'x'.repeat(300), content: '' }, 'invalid_path'],
    ['a link in a circle', 'read', { file: 'circle' }, 'invalid_path'],
    ['a link in a circle to write', 'write', { file: 'circle', content: '' }, 'invalid_path'],
    ['a place where nothing can be made', 'write', { file: '/proc/nowhere/a/b', content: '' }, 'not_found'],
    ['a way to become root', 'read', { file: 'file', sudo: true }, 'permission_denied'],
    ['a directory that is not there', 'list', { path: 'none' }, 'not_found'],
    ['a file to list', 'list', { path: 'file' }, 'invalid_target'],
    ['a directory to search', 'search', { file: 'dir', regex: 'x' }, 'invalid_target'],
    ['a file to search that is not there', 'search', { file: 'none', regex: 'x' }, 'not_found'],
  ] as const;
  it.for(cases)('tell %s (%s)', async ([, operation, body, type]) => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'dir'));
    await writeFile(join(runtime.home, 'file'), 'x');
    await writeFile(join(runtime.home, 'binary'), Buffer.from([0xff, 0xfe, 0]));
    await symlink('circle', join(runtime.home, 'circle'));
    execFileSync('mkfifo', [join(runtime.home, 'pipe')]);
    const answer = await runtime.post<Data>(`/v1/file/${operation}`, body);
    expect([answer.status, answer.body.success, answer.body.data.error_type]).toEqual([200, false, type]);
    expect(answer.body.data).toMatchObject({
      operation,
      path: expect.any(String),
      message: answer.body.message,
      retryable: false,
    });
  });

  it('hold the fields of a result too, which published clients insist on', async () => {
    await using runtime = await testRuntime();
    expect((await read(runtime, { file: 'none' })).data).toEqual({
      file: 'none',
      content: '',
      line_count: 0,
      path: 'none',
      operation: 'read',
      message: 'Cannot read none: no such file or directory',
      error_type: 'not_found',
      retryable: false,
      errno: 2,
      errno_name: 'ENOENT',
      exception_type: 'Error',
    });
  });

  it('come in place of an answer that would not fit', async () => {
    await using runtime = await testRuntime();
    const file = await open(join(runtime.home, 'huge'), 'w');
    await file.truncate(70 * 1024 * 1024);
    await file.close();
    expect((await read(runtime, { file: 'huge' })).data.error_type).toBe('too_large');
  });

  it('do not come for a file of nothing but newlines', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'lines'), Buffer.alloc(30 * 1024 * 1024, 10));
    const before = process.memoryUsage().heapUsed;
    const { data } = await read(runtime, { file: 'lines', start_line: 1_000_000, end_line: 1_000_003 });
    expect([data.content, data.line_count]).toEqual(['\n\n', 30 * 1024 * 1024]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
  });

  it('read files of the kernel, which say that they are empty', async () => {
    await using runtime = await testRuntime();
    expect((await read(runtime, { file: '/proc/self/status' })).data.content).toContain('VmRSS');
  });
});

describe('POST /v1/file/list', () => {
  async function tree(runtime: TestRuntime): Promise<void> {
    for (const name of ['b.txt', 'a.py', '.hidden', 'sub/c.txt', 'sub/deep/d.py', 'noext'])
      await write(runtime, { file: name, content: 'x'.repeat(name.length) });
    await symlink('sub', join(runtime.home, 'link'));
    await symlink('nowhere', join(runtime.home, 'broken'));
  }
  const names = (listing: Listing) => listing.files.map(({ name }) => name);

  const options = [
    ['all of one level, by name', {}, ['.hidden', 'a.py', 'b.txt', 'broken', 'link', 'noext', 'sub']],
    ['without hidden ones', { show_hidden: false }, ['a.py', 'b.txt', 'broken', 'link', 'noext', 'sub']],
    ['backwards', { show_hidden: false, sort_desc: true }, ['sub', 'noext', 'link', 'broken', 'b.txt', 'a.py']],
    ['by type of file', { file_types: ['.py'], recursive: true }, ['a.py', 'd.py', 'deep', 'sub']],
    [
      'two levels deep',
      { recursive: true, max_depth: 2, show_hidden: false },
      ['a.py', 'b.txt', 'broken', 'c.txt', 'deep', 'link', 'noext', 'sub'],
    ],
    ['by path', { recursive: true, file_types: ['.txt'], sort_by: 'path' }, ['b.txt', 'sub', 'c.txt', 'deep']],
  ] as const;
  it.for(options)('lists %s', async ([, body, expected]) => {
    await using runtime = await testRuntime();
    await tree(runtime);
    const found = names((await list(runtime, { path: '.', ...body })).data);
    expect(found).toEqual(expected.includes('link' as never) ? expected : expected.filter((name) => found.includes(name)));
    expect(found.filter((name) => name !== 'link')).toEqual(expected.filter((name) => name !== 'link'));
  });

  it('tells everything about an entry', async () => {
    await using runtime = await testRuntime();
    await tree(runtime);
    await chmod(join(runtime.home, 'a.py'), 0o754);
    const { data } = await list(runtime, { path: runtime.home, include_permissions: true });
    expect(data.files.find(({ name }) => name === 'a.py')).toEqual({
      name: 'a.py',
      path: join(runtime.home, 'a.py'),
      is_directory: false,
      size: 4,
      modified_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      permissions: 'rwxr-xr--',
      extension: '.py',
    });
    expect(data.files.find(({ name }) => name === 'noext')?.['extension']).toBe('');
    expect([data.total_count, data.directory_count + data.file_count, data.truncated]).toEqual([7, 7, false]);
    expect((await list(runtime, { path: '.', include_size: false })).data.files[0]).not.toHaveProperty('size');
  });

  it('does not follow links into circles', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'd'));
    await symlink('..', join(runtime.home, 'd/up'));
    expect(names((await list(runtime, { path: '.', recursive: true })).data)).toEqual(['d', 'up']);
  });

  it('goes on while entries come and go', async () => {
    await using runtime = await testRuntime();
    for (let index = 0; index < 300; index += 1) await writeFile(join(runtime.home, `f${index}`), '');
    const moving = (async () => {
      for (let index = 0; index < 300; index += 1) await rename(join(runtime.home, `f${index}`), join(runtime.home, `g${index}`));
    })();
    for (let turn = 0; turn < 5; turn += 1) expect((await list(runtime, { path: '.' })).success).toBe(true);
    await moving;
    expect((await list(runtime, { path: '.' })).data.total_count).toBe(300);
  });

  it('shows names that are no UTF-8', async () => {
    await using runtime = await testRuntime();
    await writeFile(Buffer.concat([Buffer.from(`${runtime.home}/x`), Buffer.from([0xff])]), '');
    expect(names((await list(runtime, { path: '.' })).data)).toEqual(['x\ufffd']);
  });
});

const hasRipgrep = (() => {
  try {
    execFileSync('rg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('POST /v1/file/search', () => {
  const search = async (runtime: TestRuntime, body: object) =>
    (
      await runtime.post<{ matches: string[]; line_numbers: number[]; truncated: boolean; error_type?: string }>(
        '/v1/file/search',
        body,
      )
    ).body;

  it.skipIf(!hasRipgrep)('finds lines with their numbers, in any encoding', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), Buffer.from('alpha\r\nbeta 12\n\xff gamma 3\n', 'latin1'));
    const { data } = await search(runtime, { file: 'f', regex: String.raw`\d+` });
    expect(data).toMatchObject({ matches: ['beta 12', '\ufffd gamma 3'], line_numbers: [2, 3], truncated: false });
    expect((await search(runtime, { file: 'f', regex: 'nothing' })).data).toMatchObject({ matches: [], line_numbers: [] });
  });

  it.skipIf(!hasRipgrep)('tells a bad pattern, and is not held up by a slow one', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), `${'a'.repeat(50_000)}!\n`);
    const bad = await search(runtime, { file: 'f', regex: '(' });
    expect([bad.success, bad.data.error_type]).toEqual([false, 'invalid_pattern']);
    expect((await search(runtime, { file: 'f', regex: '^(a+)+$' })).data.matches).toEqual([]);
  });

  it.skipIf(!hasRipgrep)('stays bounded over many matches and over endless lines', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'many'), 'x\n'.repeat(20_000));
    const many = (await search(runtime, { file: 'many', regex: 'x' })).data;
    expect([many.matches.length, many.truncated]).toEqual([10_000, true]);
    await writeFile(join(runtime.home, 'long'), Buffer.alloc(20 * 1024 * 1024, 'x'));
    await appendFile(join(runtime.home, 'long'), '\nx\n');
    expect((await search(runtime, { file: 'long', regex: 'x' })).data).toMatchObject({ matches: [], truncated: true });
  });
});

describe('hard links', () => {
  it('part at a write, as an atomic replacement has it', async () => {
    await using runtime = await testRuntime();
    await write(runtime, { file: 'a', content: '1' });
    await link(join(runtime.home, 'a'), join(runtime.home, 'b'));
    await write(runtime, { file: 'a', content: '2' });
    expect(await readFile(join(runtime.home, 'b'), 'utf8')).toBe('1');
  });
});
