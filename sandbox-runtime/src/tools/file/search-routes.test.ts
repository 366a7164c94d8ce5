import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { GrepMatch } from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';

interface Data {
  readonly files: readonly string[];
  readonly matches: readonly GrepMatch[];
  readonly match_count: number;
  readonly files_searched?: number;
  readonly files_matched: number;
  readonly truncated: boolean;
  readonly error_type?: string;
}

interface Globbed {
  readonly files: readonly {
    readonly path: string;
    readonly name: string;
    readonly size?: number;
    readonly is_directory: boolean;
  }[];
  readonly total_count: number;
  readonly truncated: boolean;
  readonly error_type?: string;
}

const post = async <T = Data>(runtime: TestRuntime, operation: string, body: object) =>
  (await runtime.post<T>(`/v1/file/${operation}`, { path: runtime.home, ...body })).body;

async function plant(home: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await writeFile(join(home, name), content);
  }
}

const TREE = {
  'a.py': '1',
  'b.txt': '22',
  '.hid.py': '',
  'sub/c.py': '333',
  'sub/deep/d.py': '4444',
  '.git/e.py': '',
  '.gitignore': 'sub',
};

async function tree(runtime: TestRuntime): Promise<void> {
  await plant(runtime.home, TREE);
  await symlink('sub', join(runtime.home, 'link'));
  await symlink('.', join(runtime.home, 'sub/circle'));
  await symlink('nowhere', join(runtime.home, 'broken.py'));
}

const names = (home: string, paths: readonly string[]) => paths.map((path) => path.slice(home.length + 1));

describe('POST /v1/file/find', () => {
  const everywhere = ['.git/e.py', '.hid.py', 'a.py', 'broken.py', 'sub/c.py', 'sub/deep/d.py'];
  const cases = [
    ['*.py', everywhere],
    ['**/*.py', everywhere],
    ['./**/*.py', everywhere],
    ['sub/*.py', ['sub/c.py']],
    ['sub/**', ['sub/c.py', 'sub/deep/d.py']],
    ['link', []],
    ['nothing', []],
  ] as const;
  it.for(cases)('finds %s', async ([glob, expected]) => {
    await using runtime = await testRuntime();
    await tree(runtime);
    expect(names(runtime.home, (await post(runtime, 'find', { glob })).data.files)).toEqual(expected);
  });

  it('takes a pattern that begins with the path, and no other place', async () => {
    await using runtime = await testRuntime();
    await tree(runtime);
    const { data } = await post(runtime, 'find', { glob: join(runtime.home, 'sub/*') });
    expect(names(runtime.home, data.files)).toEqual(['sub/c.py']);
    for (const glob of ['/etc/*', '../*', '{a,b}'.repeat(7)])
      expect((await post(runtime, 'find', { glob })).data.error_type).toBe('invalid_pattern');
  });

  it('is bounded, and keeps the first by path', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'd'));
    const all = Array.from({ length: 10_500 }, (_, index) => `d/${String(index).padStart(6, '0')}`);
    await Promise.all(all.map((name) => writeFile(join(runtime.home, name), '')));
    const { data, hint } = await post(runtime, 'find', { glob: '*' });
    expect([names(runtime.home, data.files), data.truncated]).toEqual([all.slice(0, 10_000), true]);
    expect(hint).toContain('narrow');
  });

  it('shows names that are no UTF-8', async () => {
    await using runtime = await testRuntime();
    await writeFile(Buffer.concat([Buffer.from(`${runtime.home}/x`), Buffer.from([0xff])]), '');
    expect(names(runtime.home, (await post(runtime, 'find', { glob: 'x*' })).data.files)).toEqual(['x\ufffd']);
  });
});

describe('POST /v1/file/glob', () => {
  const cases = [
    [{ pattern: '*.py' }, ['a.py', 'broken.py']],
    [{ pattern: '**/*.py' }, ['a.py', 'broken.py', 'sub/c.py', 'sub/deep/d.py']],
    [
      { pattern: '**/*.py', include_hidden: true, exclude: ['.git', 'broken*'] },
      ['.hid.py', 'a.py', 'sub/c.py', 'sub/deep/d.py'],
    ],
    [
      { pattern: '**', exclude: ['sub/deep'], files_only: false },
      ['a.py', 'b.txt', 'broken.py', 'link', 'sub', 'sub/c.py', 'sub/circle'],
    ],
    [{ pattern: '**/*.py', exclude: ['**/deep/**', '*.txt', 'broken.py'] }, ['a.py', 'sub/c.py']],
    [
      { pattern: '**/*.{py,txt}', sort_by: 'size', sort_desc: true, exclude: ['broken.py'] },
      ['sub/deep/d.py', 'sub/c.py', 'b.txt', 'a.py'],
    ],
    [{ pattern: '**/?.py', sort_by: 'name', sort_desc: true }, ['sub/deep/d.py', 'sub/c.py', 'a.py']],
    [{ pattern: '.*' }, ['.gitignore', '.hid.py']],
    [{ pattern: '**/*.py', max_results: 1 }, ['a.py']],
  ] as const;
  it.for(cases)('%j', async ([body, expected]) => {
    await using runtime = await testRuntime();
    await tree(runtime);
    const { data } = await post<Globbed>(runtime, 'glob', body);
    expect(
      names(
        runtime.home,
        data.files.map((file) => file.path),
      ),
    ).toEqual(expected);
    expect(data.truncated).toBe(data.total_count > expected.length);
  });

  it('tells size, time and kind, or leaves them out', async () => {
    await using runtime = await testRuntime();
    await tree(runtime);
    await utimes(join(runtime.home, 'b.txt'), 0, 1_577_836_800);
    const expected = { path: join(runtime.home, 'b.txt'), name: 'b.txt', is_directory: false };
    const meta = { size: 2, modified_time: '2020-01-01T00:00:00.000Z' };
    expect((await post<Globbed>(runtime, 'glob', { pattern: '*.txt' })).data.files).toEqual([{ ...expected, ...meta }]);
    const bare = await post<Globbed>(runtime, 'glob', { pattern: '*.txt', include_metadata: false });
    expect(bare.data.files).toEqual([expected]);
    const oldest = await post<Globbed>(runtime, 'glob', { pattern: '*', sort_by: 'modified', max_results: 1 });
    expect([oldest.data.files[0]?.name, oldest.data.total_count]).toEqual(['b.txt', 3]);
  });
});

describe('POST /v1/file/grep', () => {
  const FILES = {
    'a.py': 'alpha\nbeta\ngamma\n',
    'b.ts': 'Alpha(1)\n',
    'sub/c.py': 'x\nalpha beta\r\ny\nalpha\n',
    '.hidden': 'alpha\n',
    '.gitignore': '*\n',
    '.git/config': 'alpha\n',
    binary: 'alpha\0\n',
    '!odd': 'alpha\n',
  };
  const found = (home: string, data: Data) =>
    data.matches.map((match) => `${match.file.slice(home.length + 1)}:${match.line_number}`);

  const cases = [
    [{ pattern: 'alpha' }, ['!odd:1', '.hidden:1', 'a.py:1', 'sub/c.py:2', 'sub/c.py:4']],
    [{ pattern: 'ALPHA', case_insensitive: true, include: ['*.{py,ts}'] }, ['a.py:1', 'b.ts:1', 'sub/c.py:2', 'sub/c.py:4']],
    [{ pattern: 'alpha', exclude: ['sub', '.hidden', '!odd'] }, ['a.py:1']],
    [{ pattern: 'alpha', include: ['!odd'] }, ['!odd:1']],
    [{ pattern: 'alpha', include: ['/a.py', 'sub/*'] }, ['a.py:1', 'sub/c.py:2', 'sub/c.py:4']],
    [{ pattern: 'Alpha(1)', fixed_strings: true }, ['b.ts:1']],
    [{ pattern: '-e', fixed_strings: true }, []],
    [{ pattern: 'alpha', type: 'py', recursive: false }, ['a.py:1']],
    [{ pattern: 'alpha', type: 'python', offset: 1 }, ['sub/c.py:2', 'sub/c.py:4']],
    [{ pattern: 'beta.gamma', multiline: true }, ['a.py:2']],
    [{ pattern: 'alpha', max_file_size: '6' }, ['!odd:1', '.hidden:1']],
    [
      { pattern: 'alpha', include: null, type: null, max_file_size: '1k', context_before: null, offset: 3 },
      ['sub/c.py:2', 'sub/c.py:4'],
    ],
  ] as const;
  it.for(cases)('%j', async ([body, expected]) => {
    await using runtime = await testRuntime();
    await plant(runtime.home, FILES);
    const { success, data } = await post(runtime, 'grep', body);
    expect([success, found(runtime.home, data)]).toEqual([true, expected]);
    expect([data.match_count, data.truncated]).toEqual([expected.length, false]);
  });

  it('gives the lines around and counts files', async () => {
    await using runtime = await testRuntime();
    await plant(runtime.home, FILES);
    const { data } = await post(runtime, 'grep', { path: 'sub', pattern: 'alpha', context_before: 1, context_after: 1 });
    const file = join(runtime.home, 'sub/c.py');
    expect(data.matches).toEqual([
      { file, line_number: 2, line_content: 'alpha beta', line: 'alpha beta', context_before: ['x'], context_after: ['y'] },
      { file, line_number: 4, line_content: 'alpha', line: 'alpha', context_before: ['y'], context_after: [] },
    ]);
    const all = (await post(runtime, 'grep', { pattern: 'Alpha' })).data;
    expect([data.files_searched, data.files_matched, all.files_searched, all.files_matched]).toEqual([1, 1, 7, 1]);
    expect((await post(runtime, 'grep', { pattern: 'a', max_results: 1 })).data.files_searched).toBeUndefined();
  });

  it('pages through all matches, each once', async () => {
    await using runtime = await testRuntime();
    for (let index = 0; index < 20; index += 1) await plant(runtime.home, { [`d${index % 3}/f${index}`]: 'x\nx\n' });
    const all = (await post(runtime, 'grep', { pattern: 'x' })).data;
    const paged: GrepMatch[] = [];
    for (let isMore = true; isMore;) {
      const { data } = await post(runtime, 'grep', { pattern: 'x', max_results: 7, offset: paged.length });
      paged.push(...data.matches);
      isMore = data.truncated;
    }
    expect([all.matches.length, paged]).toEqual([40, all.matches]);
  });

  it('searches one file, whatever its size and name', async () => {
    await using runtime = await testRuntime();
    await plant(runtime.home, { '--all': `${'y\n'.repeat(1_000_000)}needle\n` });
    const { data } = await post(runtime, 'grep', { path: '--all', pattern: 'needle' });
    expect(found(runtime.home, data)).toEqual(['--all:1000001']);
    expect((await post(runtime, 'grep', { pattern: 'needle' })).data.matches).toEqual([]);
  });

  it('stays bounded over endless lines, and says which file has one', async () => {
    await using runtime = await testRuntime();
    await plant(runtime.home, { a: 'x\n', b: '' });
    await writeFile(join(runtime.home, 'b'), Buffer.alloc(20 * 1024 * 1024, 'x'));
    const first = (await post(runtime, 'grep', { pattern: 'x', max_file_size: '1G' })).data;
    expect([found(runtime.home, first), first.truncated]).toEqual([['a:1'], true]);
    const next = await post(runtime, 'grep', { pattern: 'x', max_file_size: '1G', offset: 1 });
    expect([next.data.error_type, next.message.includes(join(runtime.home, 'b'))]).toEqual(['too_large', true]);
  });
});

describe('errors of searches', () => {
  const cases = [
    ['find', { glob: '*', path: 'none' }, 'not_found'],
    ['find', { glob: '*', path: 'file' }, 'invalid_target'],
    ['find', { glob: '*', path: 'circle' }, 'invalid_path'],
    ['glob', { pattern: '*', path: 'none' }, 'not_found'],
    ['glob', { pattern: '*', path: 'a\0b' }, 'invalid_path'],
    ['glob', { pattern: '..', path: '.' }, 'invalid_pattern'],
    ['grep', { pattern: '(' }, 'invalid_pattern'],
    ['grep', { pattern: 'a\nb' }, 'invalid_pattern'],
    ['grep', { pattern: 'x', include: ['[z'] }, 'invalid_pattern'],
    ['grep', { pattern: 'x', type: 'no-such-type' }, 'invalid_pattern'],
    ['grep', { pattern: 'x', path: 'none' }, 'not_found'],
    ['grep', { pattern: 'x', path: 'pipe' }, 'invalid_target'],
    ['grep', { pattern: 'x', path: '/dev/zero' }, 'invalid_target'],
  ] as const;
  it.for(cases)('%s %j is %s', async ([operation, body, type]) => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'file'), '');
    await symlink('circle', join(runtime.home, 'circle'));
    execFileSync('mkfifo', [join(runtime.home, 'pipe')]);
    const { status, body: answer } = await runtime.post<Data>(`/v1/file/${operation}`, { path: '.', ...body });
    expect([status, answer.success, answer.data.error_type]).toEqual([200, false, type]);
    expect(answer.data[operation === 'grep' ? 'matches' : 'files']).toEqual([]);
  });

  it.for([
    ['grep', { pattern: 'x', max_file_size: '1X' }],
    ['grep', { pattern: 'x', max_file_size: '1M --pre=sh' }],
    ['grep', { pattern: 'x', context_after: 21 }],
    ['grep', { pattern: 'x', max_results: 0 }],
    ['grep', { pattern: 'x', offset: -1 }],
    ['glob', { pattern: '*', sort_by: 'colour' }],
    ['glob', { pattern: '*', max_results: 50_001 }],
    ['find', {}],
  ] as const)('%s %j is refused at the door', async ([operation, body]) => {
    await using runtime = await testRuntime();
    const { status, body: answer } = await runtime.post(`/v1/file/${operation}`, { path: '.', ...body });
    expect([status, Object.keys(answer)]).toEqual([422, ['detail']]);
  });

  it.for(['--pre=touch pwned', '--files', '-f/etc/passwd', '--help'])('%s is a pattern, not an option', async (pattern) => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), `${pattern}\n`);
    const body = { pattern, fixed_strings: true, include: ['f'], exclude: ['--no-such'] };
    expect((await post(runtime, 'grep', body)).data.matches).toHaveLength(1);
    expect((await post(runtime, 'grep', { pattern: 'x', type: pattern.slice(0, 60) })).success).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)(
    'unreadable folders are passed over below the root, and are an error as the root',
    async () => {
      await using runtime = await testRuntime();
      await plant(runtime.home, { 'ok/f': 'x', 'shut/f': 'x' });
      await chmod(join(runtime.home, 'shut'), 0);
      expect((await post(runtime, 'grep', { pattern: 'x' })).data.match_count).toBe(1);
      expect((await post(runtime, 'find', { glob: 'f' })).data.files).toHaveLength(1);
      expect((await post(runtime, 'grep', { pattern: 'x', path: 'shut' })).data.error_type).toBe('permission_denied');
      await chmod(join(runtime.home, 'shut'), 0o700);
    },
  );
});

describe('POST /v1/file/replace', () => {
  const replace = async (runtime: TestRuntime, body: object) =>
    (await runtime.post<{ replaced_count: number; error_type?: string }>('/v1/file/replace', { file: 'f', ...body })).body;
  const cases = [
    ['aXbXc', 'X', '--', 2, 'a--b--c'],
    ['aaa', 'aa', 'b', 1, 'ba'],
    ['a.c abc', 'a.c', '$&', 1, '$& abc'],
    ['one\r\ntwo', '\r\n', '\n', 1, 'one\ntwo'],
    ['ü€😀', '€', '', 1, 'ü😀'],
    ['same', 'a', 'a', 1, 'same'],
    ['none', 'X', 'Y', 0, 'none'],
    ['', 'X', 'Y', 0, ''],
    ['\ufffd', '\ud800', 'Y', 0, '\ufffd'],
  ] as const;
  it.for(cases)('in %j: %j by %j', async ([content, from, to, count, expected]) => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), content);
    await chmod(join(runtime.home, 'f'), 0o751);
    const { success, data, hint } = await replace(runtime, { old_str: from, new_str: to });
    expect([success, data.replaced_count, hint === undefined]).toEqual([true, count, count > 0]);
    const after = execFileSync('sh', ['-c', 'stat -c %a f; cat f; ls -A'], { cwd: runtime.home, encoding: 'utf8' });
    expect(after).toBe(`751\n${expected}f\n`);
  });

  it('leaves the server free over millions of them', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), 'x'.repeat(2_000_000));
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    expect((await replace(runtime, { old_str: 'x', new_str: 'yz' })).data.replaced_count).toBe(2_000_000);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it('loses none of many at once', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), Array.from({ length: 20 }, (_, index) => `<${index}>`).join(''));
    await Promise.all(Array.from({ length: 20 }, (_, index) => replace(runtime, { old_str: `<${index}>`, new_str: '!' })));
    expect((await runtime.post<{ content: string }>('/v1/file/read', { file: 'f' })).body.data.content).toBe('!'.repeat(20));
  });

  it('tells what it cannot do', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), Buffer.from([0xff, 65]));
    await writeFile(join(runtime.home, 'big'), 'x'.repeat(40 * 1024 * 1024));
    await writeFile(join(runtime.home, 'huge'), '');
    await truncate(join(runtime.home, 'huge'), 65 * 1024 * 1024);
    const types = [
      await replace(runtime, { old_str: 'A', new_str: 'B' }),
      await replace(runtime, { file: 'none', old_str: 'A', new_str: 'B' }),
      await replace(runtime, { file: '.', old_str: 'A', new_str: 'B' }),
      await replace(runtime, { file: 'huge', old_str: 'A', new_str: 'B' }),
      await replace(runtime, { file: 'big', old_str: 'x', new_str: 'yy' }),
      await replace(runtime, { old_str: 'A', new_str: 'B', sudo: true }),
    ].map(({ data }) => [data.error_type, data.replaced_count]);
    const expected = ['decode_error', 'not_found', 'invalid_target', 'too_large', 'too_large', 'permission_denied'];
    expect(types).toEqual(expected.map((type) => [type, 0]));
    expect((await runtime.post('/v1/file/replace', { file: 'f', old_str: '', new_str: '' })).status).toBe(422);
  });
});

describe('named pipes and endless files', () => {
  it('hold nothing up when written, appended or read', async () => {
    await using runtime = await testRuntime();
    execFileSync('mkfifo', [join(runtime.home, 'pipe')]);
    const types = await Promise.all([
      runtime.post<Data>('/v1/file/write', { file: 'pipe', content: 'x' }),
      runtime.post<Data>('/v1/file/write', { file: 'pipe', content: 'x', append: true }),
      runtime.post<Data>('/v1/file/replace', { file: 'pipe', old_str: 'x', new_str: 'y' }),
      runtime.post<Data>('/v1/file/read', { file: '/proc/self/pagemap' }),
    ]);
    expect(types.map(({ body }) => body.data.error_type)).toEqual([
      'invalid_target',
      'invalid_target',
      'invalid_target',
      'too_large',
    ]);
    expect((await runtime.post('/v1/file/write', { file: '/dev/null', content: 'x' })).body.success).toBe(true);
  });

  it('a link to nothing is written through', async () => {
    await using runtime = await testRuntime();
    await symlink('new/file', join(runtime.home, 'link'));
    expect((await runtime.post('/v1/file/write', { file: 'link', content: 'x' })).body.success).toBe(true);
    expect(execFileSync('readlink', [join(runtime.home, 'link')], { encoding: 'utf8' })).toBe('new/file\n');
    expect((await runtime.post<{ content: string }>('/v1/file/read', { file: 'new/file' })).body.data.content).toBe('x');
  });
});
