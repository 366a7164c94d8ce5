import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';
import { writeContent } from './write.ts';

const run = promisify(execFile);

describe('a file whose time no date can hold', () => {
  it('is shown with the last that one can', async () => {
    await using runtime = await testRuntime();
    // A file system in memory, which keeps any time.
    const folder = await mkdtemp('/dev/shm/far-');
    try {
      const path = join(folder, 'far.txt');
      await writeFile(path, 'x');
      await utimes(path, 1e13, 1e13);
      const modified_time = '+275760-09-13T00:00:00.000Z';
      const list = await runtime.post('/v1/file/list', { path: folder });
      expect(list.body.data).toMatchObject({ files: [{ name: 'far.txt', modified_time }] });
      const glob = await runtime.post('/v1/file/glob', { path: folder, pattern: '*' });
      expect(glob.body.data).toMatchObject({ files: [{ name: 'far.txt', modified_time }] });
      const view = await runtime.post('/v1/file/str_replace_editor', { command: 'view', path, enable_metadata: true });
      expect(view.body.data).toMatchObject({ metadata: { modified_time } });
      const wait = await runtime.post('/v1/file/watch/wait', { path, event_types: ['create'] });
      expect(wait.body.data).toMatchObject({ event: { path, mtime: modified_time } });
      expect((await runtime.app.inject(`/v1/file/download?path=${path}`)).body).toBe('x');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('many writers of one file', () => {
  it('lose nothing to each other, whatever name and tool they use', async () => {
    await using runtime = await testRuntime();
    const path = join(runtime.home, 'shared.txt');
    const name = join(runtime.home, 'link.txt');
    const words = Array.from({ length: 24 }, (_, index) => `<${index}>`);
    await writeFile(path, `${words.join('\n')}\n`);
    await symlink(path, name);
    const calls = words.map((old_str, index) => {
      const new_str = `[${index}]`;
      if (index % 3 === 0) return runtime.post('/v1/file/replace', { file: name, old_str, new_str });
      if (index % 3 === 1) return runtime.post('/v1/file/str_replace_editor', { command: 'str_replace', path, old_str, new_str });
      return runtime.post('/v1/file/write', { file: path, content: `[${index}]`, append: true });
    });
    expect((await Promise.all(calls)).map(({ body }) => body.success)).toEqual(words.map(() => true));
    const content = await readFile(path, 'utf8');
    expect(words.filter((_, index) => !content.includes(`[${index}]`))).toEqual([]);
  });
});

describe('a write as base64', () => {
  it('takes as much as is promised', async () => {
    await using runtime = await testRuntime();
    const path = join(runtime.home, 'large');
    const size = 64 * 1024 * 1024;
    expect(await writeContent(path, Buffer.alloc(size, 1).toString('base64'), { encoding: 'base64' })).toBe(size);
  });

  it.for(['', 'AA', 'AA==', 'AAA', 'AAA=', 'AAAA', '+/+/AA'])('takes %j', async (content) => {
    await using runtime = await testRuntime();
    await writeContent(join(runtime.home, 'f'), content, { encoding: 'base64' });
    expect(await readFile(join(runtime.home, 'f'))).toEqual(Buffer.from(content, 'base64'));
  });

  it.for(['A', 'AA=', 'AAA==', 'AAAA=', 'AAAA==', '=', '==', '===', 'A=AA', 'AA==AA', 'AAAAA', 'AA-_', 'ÄAAA', 'AA===='])(
    'refuses %j',
    async (content) => {
      await using runtime = await testRuntime();
      const { data } = (await runtime.post('/v1/file/write', { file: 'f', content, encoding: 'base64' })).body;
      expect(data).toMatchObject({ error_type: 'decode_error' });
    },
  );
});

describe('searches of single files', () => {
  it('are so many at once, and then refused', async () => {
    await using runtime = await testRuntime({ MAX_FILE_SEARCHES: '1' });
    await writeFile(join(runtime.home, 'f'), 'word\n');
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => runtime.post('/v1/file/search', { file: 'f', regex: 'word' })),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect(count(200)).toBeGreaterThanOrEqual(17);
    expect(count(429)).toBeGreaterThanOrEqual(1);
    expect(count(200) + count(429)).toBe(40);
  });
});

describe('a file that is mounted from elsewhere', () => {
  it.runIf(canMount())('gets its new content', async () => {
    await using runtime = await testRuntime();
    const [source, target] = [join(runtime.home, 'source'), join(runtime.home, 'target')];
    await Promise.all([source, target].map((path) => writeFile(path, 'old content')));
    const module = new URL('write.ts', import.meta.url).href;
    const script = `import(${JSON.stringify(module)}).then(({ writeContent }) => writeContent(process.argv[1], 'new'))`;
    const mounted = 'mount --bind "$0" "$1" && shift && exec "$@"';
    const node = [process.execPath, '--import', import.meta.resolve('tsx'), '-e', script, target];
    await run('unshare', ['-rm', 'sh', '-c', mounted, source, target, ...node]);
    expect(await readFile(source, 'utf8')).toBe('new');
    const { data } = (await runtime.post<{ files: { name: string }[] }>('/v1/file/list', { path: runtime.home })).body;
    expect(data.files.map(({ name }) => name)).toEqual(['source', 'target']);
  });
});

/** Mounts need a namespace of one's own, which not every machine gives. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['-rm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
