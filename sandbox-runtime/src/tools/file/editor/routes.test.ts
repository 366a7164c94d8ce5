import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../../fixtures.ts';

interface Result {
  readonly output: string;
  readonly content: string;
  readonly path: string;
  readonly prev_exist: boolean;
  readonly error?: string;
  readonly error_type?: string;
  readonly operation?: string;
  readonly old_content?: string;
  readonly new_content?: string;
  readonly metadata?: Record<string, unknown>;
}

async function editorIn(runtime: TestRuntime, name = 'f.txt') {
  const path = join(runtime.home, name);
  const edit = async (command: string, body: object = {}) =>
    (await runtime.post<Result>('/v1/file/str_replace_editor', { command, path, ...body })).body;
  return { path, edit, text: () => readFile(path, 'utf8') };
}

describe('view', () => {
  it('numbers the lines, and gives them under two names', async () => {
    await using runtime = await testRuntime();
    const { path, edit } = await editorIn(runtime);
    await writeFile(path, 'one\n\ttwo\r\n\nfour');
    const { success, data } = await edit('view');
    expect(success).toBe(true);
    expect(data).toEqual({
      output: `Here's the result of running \`cat -n\` on ${path}:\n     1\tone\n     2\t\ttwo\n     3\t\n     4\tfour\n`,
      content: data.output,
      path,
      prev_exist: true,
    });
  });

  const ranges: readonly [readonly number[] | null, string][] = [
    [[2, 3], '     2\tl2\n     3\tl3\n'],
    [[3, -1], '     3\tl3\n     4\tl4\n'],
    [[4, 9], '     4\tl4\n(The file ends with line 4.)\n'],
    [[], '     1\tl1\n     2\tl2\n     3\tl3\n     4\tl4\n'],
    [null, '     1\tl1\n     2\tl2\n     3\tl3\n     4\tl4\n'],
  ];
  it.for(ranges)('shows the range %j', async ([view_range, shown]) => {
    await using runtime = await testRuntime();
    const { path, edit } = await editorIn(runtime);
    await writeFile(path, 'l1\nl2\nl3\nl4\n');
    expect((await edit('view', { view_range })).data.output.split(':\n')[1]).toBe(shown);
  });

  it('cuts what is too long at a line, and says where to go on', async () => {
    await using runtime = await testRuntime();
    const { path, edit } = await editorIn(runtime);
    await writeFile(path, 'x'.repeat(99).concat('\n').repeat(3000));
    const { output } = (await edit('view')).data;
    const [, next] = /Go on with view_range \[(\d+), -1\]/.exec(output) ?? [];
    expect(output.length).toBeLessThan(101_000);
    expect((await edit('view', { view_range: [Number(next), Number(next)] })).data.output).toContain(`${next}\txxx`);
    await writeFile(path, 'x'.repeat(1_000_000));
    expect((await edit('view')).data.output.length).toBeLessThan(101_000);
  });

  it('shows an empty file', async () => {
    await using runtime = await testRuntime();
    const { path, edit } = await editorIn(runtime);
    await writeFile(path, '');
    expect((await edit('view', { enable_metadata: true })).data).toMatchObject({
      output: expect.stringContaining('     1\t\n'),
      metadata: { type: 'text', size: 0, total_lines: 0 },
    });
  });

  it('lists two levels of a directory without what is hidden', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'd/a/b/c'), { recursive: true });
    await mkdir(join(runtime.home, 'd/.git'));
    await writeFile(join(runtime.home, 'd/f'), '');
    const { path, edit } = await editorIn(runtime, 'd');
    const { output } = (await edit('view')).data;
    expect(output.split('\n').slice(1)).toEqual([`${path}/`, `${path}/a/`, `${path}/a/b/`, `${path}/f`, '']);
  });
});

describe('create', () => {
  it('makes the file and its folders; undo deletes it', async () => {
    await using runtime = await testRuntime();
    const { path, edit, text } = await editorIn(runtime, 'a/b/f');
    const { success, data } = await edit('create', { file_text: 'hello\n' });
    expect([success, data]).toEqual([
      true,
      { output: `File created successfully at: ${path}`, content: data.content, path, prev_exist: false, new_content: 'hello\n' },
    ]);
    expect(await text()).toBe('hello\n');
    expect((await edit('undo_edit')).data).toMatchObject({ old_content: 'hello\n', output: expect.stringContaining('deleted') });
    await expect(stat(path)).rejects.toThrow(/ENOENT/);
    expect((await edit('undo_edit')).data.error_type).toBe('no_history');
  });

  it('overwrites, says so, keeps the mode, and undo brings the old text back', async () => {
    await using runtime = await testRuntime();
    const { path, edit, text } = await editorIn(runtime);
    await writeFile(path, 'old');
    await chmod(path, 0o751);
    expect((await edit('create', { file_text: '' })).data).toMatchObject({
      prev_exist: true,
      old_content: 'old',
      new_content: '',
      output: expect.stringContaining('overwrote'),
    });
    await edit('undo_edit');
    expect([await text(), (await stat(path)).mode & 0o777]).toEqual(['old', 0o751]);
  });
});

describe('str_replace', () => {
  const cases: readonly [string, string, object, string][] = [
    ['one match', 'a b c', { old_str: 'b', new_str: 'X' }, 'a X c'],
    ['without new_str', 'a b c', { old_str: ' b' }, 'a c'],
    ['null for new_str', 'a b c', { old_str: ' b', new_str: null }, 'a c'],
    ['all', 'a.a.a', { old_str: 'a', new_str: '$&', replace_mode: 'ALL' }, '$&.$&.$&'],
    ['the first', 'a.a.a', { old_str: 'a', new_str: 'b', replace_mode: 'FIRST' }, 'b.a.a'],
    ['the last', 'a.a.a', { old_str: 'a', new_str: 'b', replace_mode: 'LAST' }, 'a.a.b'],
    [
      'lines of a CRLF file by plain newlines',
      'a\r\nb\r\nc\r\n',
      { old_str: 'a\nb', new_str: 'x\ny\nz' },
      'x\r\ny\r\nz\r\nc\r\n',
    ],
    ['lines of a CRLF file by CRLF', 'a\r\nb\r\n', { old_str: 'a\r\nb', new_str: 'x\r\ny' }, 'x\r\ny\r\n'],
    ['a file of mixed line ends as it is', 'a\r\nb\nc\n', { old_str: 'b\n', new_str: 'x\n' }, 'a\r\nx\nc\n'],
    ['behind a byte order mark', '\ufeffa', { old_str: 'a', new_str: 'b' }, '\ufeffb'],
    ['what looks like a pattern', 'a.*(b)', { old_str: '.*(', new_str: '[' }, 'a[b)'],
  ];
  it.for(cases)('replaces %s', async ([, before, body, after]) => {
    await using runtime = await testRuntime();
    const { path, edit, text } = await editorIn(runtime);
    await writeFile(path, before);
    const { success, data } = await edit('str_replace', body);
    expect([success, await text()]).toEqual([true, after]);
    expect(data).toMatchObject({ prev_exist: true, old_content: before, new_content: after });
    await edit('undo_edit');
    expect(await text()).toBe(before);
  });

  it('shows the lines around the edit', async () => {
    await using runtime = await testRuntime();
    const { path, edit } = await editorIn(runtime);
    await writeFile(path, Array.from({ length: 30 }, (_, at) => `line${at + 1}\n`).join(''));
    const { output } = (await edit('str_replace', { old_str: 'line15\n', new_str: 'A\nB\n' })).data;
    const shown = output.split('\n').filter((line) => /^ +\d+\t/.test(line));
    expect([shown.at(0), shown.at(4), shown.at(5), shown.at(-1)]).toEqual([
      '    11\tline11',
      '    15\tA',
      '    16\tB',
      '    20\tline19',
    ]);
    expect(output).toMatch(/^The file .* has been edited\./);
  });
});

describe('insert', () => {
  const cases: readonly [string, string, number, string, string][] = [
    ['at the top', 'a\nb\n', 0, 'x', 'x\na\nb\n'],
    ['between', 'a\nb\n', 1, 'x\ny', 'a\nx\ny\nb\n'],
    ['at the end', 'a\nb\n', 2, 'x', 'a\nb\nx\n'],
    ['behind a last line without its newline', 'a\nb', 2, 'x', 'a\nb\nx\n'],
    ['a text with its newline', 'a\nb\n', 1, 'x\n', 'a\nx\nb\n'],
    ['an empty line', 'a\nb\n', 1, '', 'a\n\nb\n'],
    ['into an empty file', '', 0, 'x', 'x\n'],
    ['into a CRLF file', 'a\r\nb\r\n', 1, 'x\ny', 'a\r\nx\r\ny\r\nb\r\n'],
  ];
  it.for(cases)('%s', async ([, before, insert_line, new_str, after]) => {
    await using runtime = await testRuntime();
    const { path, edit, text } = await editorIn(runtime);
    await writeFile(path, before);
    const { data } = await edit('insert', { insert_line, new_str });
    expect([await text(), data.old_content, data.new_content]).toEqual([after, before, after]);
  });
});

describe('undo_edit', () => {
  it('goes back edit by edit', async () => {
    await using runtime = await testRuntime();
    const { edit, text } = await editorIn(runtime);
    await edit('create', { file_text: 'v1' });
    for (const n of [1, 2, 3]) await edit('str_replace', { old_str: `v${n}`, new_str: `v${n + 1}` });
    await edit('undo_edit');
    const { data } = await edit('undo_edit');
    expect([await text(), data.old_content, data.new_content]).toEqual(['v2', 'v3', 'v2']);
    expect(data.output).toContain('     1\tv2');
  });

  it('knows a file by all its names', async () => {
    await using runtime = await testRuntime();
    const { path, edit, text } = await editorIn(runtime);
    await writeFile(path, 'a');
    await symlink(path, join(runtime.home, 'link'));
    await edit('str_replace', { old_str: 'a', new_str: 'b', path: join(runtime.home, 'link') });
    await edit('undo_edit', { path: `${runtime.home}/x/../f.txt` });
    expect(await text()).toBe('a');
  });

  const changes: readonly [string, (path: string) => Promise<void>][] = [
    ['written to', (path) => writeFile(path, 'else')],
    ['deleted', (path) => rm(path)],
  ];
  it.for(changes)('refuses when the file was %s since, and works again when it is as it was', async ([, change]) => {
    await using runtime = await testRuntime();
    const { path, edit, text } = await editorIn(runtime);
    await writeFile(path, 'a');
    await edit('str_replace', { old_str: 'a', new_str: 'b' });
    await change(path);
    expect((await edit('undo_edit')).data).toMatchObject({ error_type: 'changed', error: expect.stringContaining('since') });
    await writeFile(path, 'b');
    await edit('undo_edit');
    expect(await text()).toBe('a');
  });
});

describe('concurrent edits of one file', () => {
  it('are all done, and can all be undone', async () => {
    await using runtime = await testRuntime();
    const { edit, text } = await editorIn(runtime);
    const numbers = Array.from({ length: 20 }, (_, at) => at);
    await edit('create', { file_text: numbers.map((n) => `[${n}]`).join('') });
    await Promise.all(numbers.map((n) => edit('str_replace', { old_str: `[${n}]`, new_str: `<${n}>` })));
    expect(await text()).toBe(numbers.map((n) => `<${n}>`).join(''));
    for (const _ of numbers) await edit('undo_edit');
    expect(await text()).toBe(numbers.map((n) => `[${n}]`).join(''));
  });
});

describe('what goes wrong', () => {
  const cases: readonly [string, string, object, string, RegExp][] = [
    ['a relative path', 'view', { path: 'f.txt' }, 'invalid_path', /^Invalid `path` parameter: f\.txt\. .*absolute path/],
    ['an empty path', 'view', { path: '' }, 'invalid_path', /^Invalid `path`/],
    ['a path below ~', 'view', { path: '~/f.txt' }, 'invalid_path', /^Invalid `path`/],
    ['a NUL', 'view', { path: '/a\0b' }, 'invalid_path', /NUL/],
    ['a missing file to view', 'view', { path: '/none/f' }, 'not_found', /^Invalid `path` .*does not exist/],
    ['a missing file to edit', 'str_replace', { path: '/none/f', old_str: 'a', new_str: 'b' }, 'not_found', /does not exist/],
    ['a missing file to insert into', 'insert', { path: '/none/f', insert_line: 0, new_str: 'b' }, 'not_found', /does not exist/],
    ['a path through a file', 'view', { path: '{f}/x' }, 'not_found', /does not exist/],
    [
      'no match',
      'str_replace',
      { old_str: 'zzz', new_str: '' },
      'no_match',
      /^No replacement was performed, old_str `zzz` did not appear verbatim in \//,
    ],
    [
      'several matches',
      'str_replace',
      { old_str: 'a', new_str: 'b' },
      'not_unique',
      /not unique.*Multiple occurrences of old_str `a` in lines \[1, 3\].*multiple/,
    ],
    ['nothing to look for', 'str_replace', { old_str: '', new_str: 'b' }, 'invalid_argument', /old_str/],
    ['nothing to change', 'str_replace', { old_str: 'a', new_str: 'a' }, 'invalid_argument', /must be different/],
    ['no old_str', 'str_replace', {}, 'invalid_argument', /`old_str` is required for command: str_replace/],
    ['no file_text', 'create', {}, 'invalid_argument', /`file_text` is required/],
    ['no insert_line', 'insert', { new_str: 'x' }, 'invalid_argument', /`insert_line` is required/],
    ['no new_str', 'insert', { insert_line: 1 }, 'invalid_argument', /`new_str` is required/],
    [
      'a line beyond the end',
      'insert',
      { insert_line: 4, new_str: 'x' },
      'invalid_argument',
      /^Invalid `insert_line` parameter: 4\. .*\[0, 3\]/,
    ],
    ['a line before the top', 'insert', { insert_line: -1, new_str: 'x' }, 'invalid_argument', /insert_line/],
    ['a range of one', 'view', { view_range: [1] }, 'invalid_argument', /^Invalid `view_range`/],
    ['a range from 0', 'view', { view_range: [0, 1] }, 'invalid_argument', /view_range/],
    ['a range backwards', 'view', { view_range: [3, 2] }, 'invalid_argument', /view_range/],
    ['a range behind the end', 'view', { view_range: [4, -1] }, 'invalid_argument', /3 lines/],
    ['a range of a directory', 'view', { path: '{home}', view_range: [1, 2] }, 'invalid_argument', /directory/],
    ['pages of a text', 'view', { page_range: [1, 2] }, 'invalid_argument', /page_range/],
    [
      'an edit of a directory',
      'create',
      { path: '{home}', file_text: '' },
      'invalid_target',
      /is a directory and only the `view`/,
    ],
    ['bytes that are no text', 'view', { path: '{home}/binary' }, 'decode_error', /UTF-8/],
    ['bytes that would be lost', 'create', { path: '{home}/binary', file_text: '' }, 'decode_error', /UTF-8/],
    ['no edit to undo', 'undo_edit', {}, 'no_history', /^No edit history found for/],
    [
      'a replacement that grows without end',
      'str_replace',
      { path: '{home}/many', old_str: 'a', new_str: 'b'.repeat(100_000), replace_mode: 'ALL' },
      'too_large',
      /8 MiB/,
    ],
    [
      'a replacement whose letters take more bytes than they are',
      'str_replace',
      { path: '{home}/many', old_str: 'a', new_str: 'é'.repeat(5000), replace_mode: 'ALL' },
      'too_large',
      /8 MiB/,
    ],
    [
      'a document without its reader',
      'view',
      { path: '{home}/a.pdf' },
      'missing_dependency',
      /document_view\.py is not installed/,
    ],
  ];
  it.for(cases)('%s', async ([, command, body, type, message]) => {
    await using runtime = await testRuntime({ SANDFLEET_PYTHON_DIR: '/none' });
    const { path, edit, text } = await editorIn(runtime);
    await writeFile(path, 'a\nb\na\n');
    await writeFile(join(runtime.home, 'many'), 'a'.repeat(1000));
    await writeFile(join(runtime.home, 'a.pdf'), '');
    await writeFile(join(runtime.home, 'binary'), Buffer.from([0xff, 0xfe]));
    const filled = JSON.parse(JSON.stringify(body).replaceAll('{home}', runtime.home).replaceAll('{f}', path));
    const answer = await edit(command, filled);
    expect(answer.success).toBe(false);
    expect(answer.message).toMatch(message);
    expect(answer.data).toMatchObject({
      error_type: type,
      error: answer.message,
      output: answer.message,
      message: answer.message,
      path: expect.any(String),
      prev_exist: expect.any(Boolean),
    });
    expect(await text()).toBe('a\nb\na\n');
    expect([...(await readFile(join(runtime.home, 'binary')))]).toEqual([0xff, 0xfe]);
  });

  it.for(['a.constructor', 'a.__proto__'])('the file %s is a text like others', async (name) => {
    await using runtime = await testRuntime({ SANDFLEET_PYTHON_DIR: '/none' });
    const path = join(runtime.home, name);
    await writeFile(path, 'hello');
    const { body } = await runtime.post<{ output: string }>('/v1/file/str_replace_editor', { command: 'view', path });
    expect([body.success, body.data.output]).toEqual([true, expect.stringContaining('1\thello')]);
  });

  const malformed = [
    {},
    { command: 'rename', path: '/f' },
    { command: 'view' },
    { command: 'view', path: '/f', view_range: ['1', 2] },
  ];
  it.for(malformed)('the body %j is refused at the door', async (body) => {
    await using runtime = await testRuntime();
    expect((await runtime.post('/v1/file/str_replace_editor', body)).status).toBe(422);
  });
});
