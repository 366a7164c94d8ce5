import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { FileChange, FileWatcherInfo } from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';

interface Poll {
  readonly events: readonly FileChange[];
  readonly cursor: number;
  readonly overflow: boolean;
  readonly has_more: boolean;
  readonly status: string;
}

/** Changes are made behind the debounce of the ones before, so each test sets the shortest there is. */
async function watchHome(runtime: TestRuntime, options: object = {}) {
  const { status, body } = await runtime.post<FileWatcherInfo>('/v1/file/watch', {
    path: runtime.home,
    debounce: 50,
    ...options,
  });
  expect([status, body.success]).toEqual([200, true]);
  const { watcher_id: id } = body.data;
  let cursor = 0;
  const poll = async (more: object = {}) =>
    (await runtime.post<Poll>(`/v1/file/watch/${id}/poll`, { cursor, limit: 1000, timeout: 60, ...more })).body.data;
  return {
    id,
    poll,
    /** Takes events until they are as many as expected, and gives them in short form. */
    async take(count: number): Promise<readonly string[]> {
      const seen: string[] = [];
      while (seen.length < count) {
        const { events, cursor: next, overflow } = await poll();
        if (overflow) seen.push('overflow');
        if (events.length === 0 && next === cursor) return [...seen, 'nothing more within a minute'];
        seen.push(...events.map(short));
        cursor = next;
      }
      return seen;
    },
  };
}

const short = ({ type, relative_path, old_path }: FileChange): string =>
  `${type} ${relative_path}${old_path === null ? '' : ` from ${old_path.split('/').slice(3).join('/')}`}`;

describe('a file watcher', () => {
  it('is made with defaults, listed and stopped, each with its fields at both levels', async () => {
    await using runtime = await testRuntime();
    const created = await runtime.post<FileWatcherInfo>('/v1/file/watch', { path: '.' });
    expect(created.body.data).toMatchObject({
      path: runtime.home,
      recursive: true,
      debounce: 300,
      status: 'watching',
      cursor: 0,
    });
    expect(created.body.data.exclude).toContain('node_modules');
    expect(created.body).toMatchObject(created.body.data);
    const { watcher_id: id } = created.body.data;
    const list = await runtime.call<{ watchers: FileWatcherInfo[]; count: number }>('GET', '/v1/file/watch');
    expect(list.body.data).toMatchObject({ count: 1, watchers: [{ watcher_id: id }] });
    expect((await runtime.call('DELETE', `/v1/file/watch/${id}`)).body).toMatchObject({ watcher_id: id, stopped: true });
    const gone = { status: 404, body: { success: false, message: 'Watcher not found', data: null } };
    expect(await runtime.call('DELETE', `/v1/file/watch/${id}`)).toEqual(gone);
    expect(await runtime.post(`/v1/file/watch/${id}/poll`)).toEqual(gone);
    expect(await runtime.call('GET', `/v1/file/watch/${id}/events`)).toEqual(gone);
  });

  it('tells about each kind of change with all its fields', async () => {
    await using runtime = await testRuntime();
    const path = join(runtime.home, 'a');
    await writeFile(join(runtime.home, 'old'), 'x');
    const { take, poll } = await watchHome(runtime);
    await writeFile(path, 'hello');
    const { events } = await poll();
    expect(events).toEqual([
      {
        seq: 1,
        type: 'create',
        path,
        relative_path: 'a',
        old_path: null,
        is_dir: false,
        timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
        mtime: expect.stringMatching(/^\d{4}-.*Z$/),
        size: 5,
        inode: expect.any(Number),
      },
    ]);
    await take(1);
    await appendFile(path, ' world');
    expect((await take(1)).slice(0, 1)).toEqual(['write a']);
    await utimes(path, 1, 1);
    await take(1);
    await chmod(path, 0o600);
    expect(await take(1)).toEqual(['chmod a']);
    await rename(path, join(runtime.home, 'b'));
    expect(await take(1)).toEqual(['rename b from a']);
    await rm(join(runtime.home, 'b'));
    expect(await take(1)).toEqual(['remove b']);
    await rename(join(runtime.home, 'old'), join(runtime.home, 'new'));
    expect(await take(1)).toEqual(['rename new from old']);
  });

  const scripts: readonly [string, string, string, readonly string[]][] = [
    [
      'files made at once inside new folders',
      'true',
      'mkdir -p d/e/f && touch d/1 d/e/2 d/e/f/3',
      ['create d', 'create d/1', 'create d/e', 'create d/e/2', 'create d/e/f', 'create d/e/f/3'],
    ],
    [
      'a tree that is removed, from its leaves',
      'mkdir -p d/e && touch d/e/f',
      'rm -r d',
      ['remove d/e/f', 'remove d/e', 'remove d'],
    ],
    ['a folder that is moved as one rename', 'mkdir d && touch d/a d/b', 'mv d e', ['rename e from d']],
    ['a file that replaces another', 'echo 1 > a; echo 2 > b', 'mv b a', ['rename a from b']],
    ['a file that is replaced by one made elsewhere', 'echo 1 > a; mkdir .git; echo 2 > .git/b', 'mv .git/b a', ['write a']],
    ['a move between folders', 'mkdir d e; touch d/a', 'mv d/a e/a', ['rename e/a from d/a']],
    ['a move into a new folder', 'touch a', 'mkdir d && mv a d/b', ['rename d/b from a', 'create d']],
    ['a file that becomes a folder', 'touch a', 'rm a && mkdir a && touch a/b', ['create a', 'create a/b', 'remove a']],
    [
      'what moves out of a folder that goes',
      'mkdir -p d/e; touch d/e/f d/g',
      'mv d/e e && rm -r d',
      ['remove d', 'remove d/g', 'rename e from d/e'],
    ],
    ['one link of two', 'touch a', 'ln a b', ['create b']],
  ];
  it.for(scripts)('tells about %s', async ([, before, script, expected]) => {
    await using runtime = await testRuntime();
    const run = (text: string) => execFileSync('bash', ['-ec', text], { cwd: runtime.home });
    run(before);
    const { take } = await watchHome(runtime);
    run(script);
    const seen = await take(expected.length);
    // Which of two links was written to is not told apart, and the order of unrelated events is free.
    expect(seen.filter((event) => event !== 'chmod a').toSorted()).toEqual(expected.toSorted());
  });

  it('goes on watching a folder under its new name', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'd/e'), { recursive: true });
    const { take } = await watchHome(runtime);
    await rename(join(runtime.home, 'd'), join(runtime.home, 'x'));
    expect(await take(1)).toEqual(['rename x from d']);
    await writeFile(join(runtime.home, 'x/e/f'), '');
    expect(await take(1)).toEqual(['create x/e/f']);
  });

  it('leaves out what is excluded, tells about what is included, and of a rename across that border one end', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'sub/.git'), { recursive: true });
    const { take } = await watchHome(runtime, { include_patterns: ['*.ts', 'docs/**'] });
    await writeFile(join(runtime.home, 'sub/.git/a.ts'), '');
    await writeFile(join(runtime.home, 'a.js'), '');
    await writeFile(join(runtime.home, 'sub/a.ts'), '');
    expect(await take(1)).toEqual(['create sub/a.ts']);
    await rename(join(runtime.home, 'a.js'), join(runtime.home, 'b.ts'));
    expect(await take(1)).toEqual(['create b.ts']);
    await rename(join(runtime.home, 'b.ts'), join(runtime.home, 'b.js'));
    expect(await take(1)).toEqual(['remove b.ts']);
    await mkdir(join(runtime.home, 'docs'));
    expect(await take(1)).toEqual(['create docs']);
  });

  it('watches one level only when asked to, and does not follow links', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'sub'));
    await symlink('/tmp', join(runtime.home, 'link'));
    const { take } = await watchHome(runtime, { recursive: false });
    await writeFile(join(runtime.home, 'sub/deep'), '');
    await writeFile(join(runtime.home, 'top'), '');
    expect(await take(1)).toEqual(['create top']);
  });

  it('watches a single file', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), '1');
    const { take } = await watchHome(runtime, { path: 'f' });
    await writeFile(join(runtime.home, 'g'), '');
    await writeFile(join(runtime.home, 'f'), '22');
    expect((await take(1)).at(0)).toBe('write .');
    await rm(join(runtime.home, 'f'));
    expect((await take(1)).at(-1)).toBe('remove .');
  });

  it('tells that its root is gone, and goes on when it is back', async () => {
    await using runtime = await testRuntime();
    const root = join(runtime.home, 'p/root');
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'a'), '');
    const { take, poll } = await watchHome(runtime, { path: root });
    await rm(join(runtime.home, 'p'), { recursive: true });
    expect(await take(2)).toEqual(['remove a', 'remove .']);
    expect((await poll({ cursor: 0 })).status).toBe('root_removed');
    await mkdir(join(root, 'sub'), { recursive: true });
    expect((await take(2)).slice(0, 2)).toEqual(['create .', 'create sub']);
    await writeFile(join(root, 'sub/b'), '');
    expect(await take(1)).toEqual(['create sub/b']);
    expect((await poll({ cursor: 0 })).status).toBe('watching');
  });

  it('sees every file of a burst, in order, or says that it did not', async () => {
    await using runtime = await testRuntime();
    const { poll } = await watchHome(runtime);
    execFileSync('bash', ['-c', 'mkdir d; for i in $(seq 2500); do : > f$i; : > d/f$i; done'], { cwd: runtime.home });
    const seen = new Set<string>();
    for (let cursor = 0; seen.size < 5001;) {
      const { events, cursor: next, overflow } = await poll({ cursor });
      expect([overflow, next > cursor]).toEqual([false, true]);
      events.forEach((event, index) => expect(event.seq).toBe(cursor + index + 1));
      for (const event of events) seen.add(event.relative_path);
      cursor = next;
    }
    expect(seen.size).toBe(5001);
  });

  it('says overflow to a cursor whose events are gone', async () => {
    await using runtime = await testRuntime();
    const { poll } = await watchHome(runtime);
    const run = (text: string) => execFileSync('bash', ['-c', text], { cwd: runtime.home });
    let cursor = 0;
    const follow = async (end: number): Promise<void> => {
      while (cursor < end) ({ cursor } = await poll({ cursor }));
    };
    run('for i in $(seq 5100); do : > f$i; done');
    await follow(5100);
    run('rm f*');
    await follow(10_200);
    expect(await poll({ cursor: 0, limit: 1 })).toMatchObject({ overflow: true, has_more: true, events: [{ type: 'create' }] });
    expect((await poll({ cursor, timeout: 0 })).overflow).toBe(false);
  });

  it('polls by limit, takes since for cursor, and comes back empty when the time is over', async () => {
    await using runtime = await testRuntime();
    const { id, take, poll } = await watchHome(runtime);
    await Promise.all(['a', 'b', 'c'].map((name) => writeFile(join(runtime.home, name), '')));
    await take(3);
    expect(await poll({ cursor: 0, limit: 2 })).toMatchObject({ cursor: 2, has_more: true, overflow: false });
    const since = await runtime.post<Poll>(`/v1/file/watch/${id}/poll`, { since: 2 });
    expect(since.body.data.events.map(({ seq }) => seq)).toContain(3);
    expect(await poll({ cursor: 999, timeout: 1 })).toMatchObject({ events: [], overflow: false });
    expect((await runtime.post<Poll>(`/v1/file/watch/${id}/poll`)).body.data.events.length).toBeGreaterThanOrEqual(3);
  });

  it('has room for so many readers, and ends their polls when it is stopped', async () => {
    await using runtime = await testRuntime();
    const { id, poll } = await watchHome(runtime);
    const polls = Array.from({ length: 32 }, () => poll());
    const more = async () => (await runtime.post(`/v1/file/watch/${id}/poll`)).status;
    while ((await more()) !== 429) await new Promise((resolve) => setImmediate(resolve));
    await runtime.call('DELETE', `/v1/file/watch/${id}`);
    for (const answer of await Promise.all(polls)) expect(answer).toMatchObject({ events: [], status: 'stopped' });
  });

  it('ends when nobody reads it', async () => {
    await using runtime = await testRuntime({ FILE_WATCH_IDLE_SECONDS: '1' });
    await watchHome(runtime);
    const count = async () => (await runtime.call<{ count: number }>('GET', '/v1/file/watch')).body.data.count;
    expect(await count()).toBe(1);
    while ((await count()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  const refused: readonly [string, object, number, RegExp][] = [
    ['a path that is not there', { path: 'none' }, 404, /There is no .*none to watch/],
    ['a path with a NUL', { path: 'a\0b' }, 400, /NUL/],
    ['a circle of links', { path: 'circle' }, 400, /ELOOP/],
    ['braces without end', { path: '.', exclude: ['{a,b}'.repeat(40)] }, 400, /at most 64/],
  ];
  it.for(refused)('refuses %s', async ([, body, status, message]) => {
    await using runtime = await testRuntime();
    await symlink('circle', join(runtime.home, 'circle'));
    const answer = await runtime.post('/v1/file/watch', body);
    expect([answer.status, answer.body.success]).toEqual([status, false]);
    expect(answer.body.message).toMatch(message);
  });

  const malformed = [{}, { path: '' }, { path: 'a', debounce: 10 }, { path: 'a', exclude: 'x' }, { path: 'a', debounce: 6000 }];
  it.for(malformed)('refuses the body %j', async (body) => {
    await using runtime = await testRuntime();
    expect((await runtime.post('/v1/file/watch', body)).status).toBe(422);
  });

  it('refuses more watchers, and more directories, than there may be, and gives back what it took', async () => {
    await using runtime = await testRuntime({ MAX_FILE_WATCHERS: '1', MAX_WATCHED_DIRECTORIES: '4' });
    await mkdir(join(runtime.home, 'a/b/c/d'), { recursive: true });
    await mkdir(join(runtime.home, 'small'));
    const create = (path: string) => runtime.post<FileWatcherInfo>('/v1/file/watch', { path, debounce: 50 });
    for (const _ of [1, 2])
      expect(await create('.')).toMatchObject({ status: 429, body: { message: expect.stringContaining('exclude') } });
    const { body } = await create('a');
    expect(body.data.directories).toBe(4);
    expect((await create('small')).status).toBe(429);
    await runtime.call('DELETE', `/v1/file/watch/${body.data.watcher_id}`);
    expect((await create('small')).status).toBe(200);
  });

  it('says overflow and incomplete when a tree grows beyond what may be watched', async () => {
    await using runtime = await testRuntime({ MAX_WATCHED_DIRECTORIES: '2' });
    const { take } = await watchHome(runtime);
    await mkdir(join(runtime.home, 'a/b'), { recursive: true });
    expect(await take(2)).toContain('create a');
    await mkdir(join(runtime.home, 'c'));
    const info = async () => (await runtime.call<{ watchers: FileWatcherInfo[] }>('GET', '/v1/file/watch')).body.data.watchers[0];
    while ((await info())?.incomplete !== true) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('POST /v1/file/watch/wait', () => {
  interface Wait {
    readonly event: FileChange | null;
    readonly timed_out: boolean;
  }
  const waitFor = async (runtime: TestRuntime, body: object) =>
    (await runtime.post<Wait>('/v1/file/watch/wait', { timeout: 60, ...body })).body;

  it('answers at once for a file that is there when create is asked for, at both levels', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), 'abc');
    const { data, ...bare } = await waitFor(runtime, { path: 'f' });
    expect(data).toMatchObject({
      timed_out: false,
      event: { type: 'create', path: join(runtime.home, 'f'), relative_path: '.', size: 3 },
    });
    expect(bare).toMatchObject(data);
  });

  it('answers without an event when the time is over', async () => {
    await using runtime = await testRuntime();
    expect(await waitFor(runtime, { path: 'never', timeout: 1 })).toMatchObject({ success: true, event: null, timed_out: true });
  });

  const cases: readonly [string, string, string, readonly string[], string][] = [
    ['a file whose folders are not there yet', 'true', 'mkdir -p a/b && sleep 0.05 && touch a/b/f', ['create'], 'create f'],
    ['a file that is moved into place', 'mkdir -p a/b', 'touch t && mv t a/b/f', ['create', 'write'], 'create f'],
    [
      'folders that come and go',
      'mkdir -p a',
      'rm -r a; mkdir -p a/b; rm -r a; mkdir -p a/b; touch a/b/f',
      ['create'],
      'create f',
    ],
    ['a write', 'mkdir -p a/b; echo 1 > a/b/f', 'echo 22 > a/b/f', ['write'], 'write f'],
    ['a replacement', 'mkdir -p a/b; echo 1 > a/b/f', 'echo 1 > t; mv t a/b/f', ['write'], 'write f'],
    ['a removal', 'mkdir -p a/b; touch a/b/f', 'rm -r a', ['remove', 'write'], 'remove f'],
    ['a change of mode', 'mkdir -p a/b; touch a/b/f', 'chmod 600 a/b/f', ['chmod'], 'chmod f'],
    ['a rename', 'mkdir -p a/b; touch a/b/f', 'mv a/b/f a/b/g', ['rename'], 'rename g from f'],
    ['a rename, when removals are asked for', 'mkdir -p a/b; touch a/b/f', 'mv a/b/f a/b/g', ['remove'], 'remove f'],
  ];
  it.for(cases)('tells about %s', async ([, before, script, types, expected]) => {
    await using runtime = await testRuntime();
    const run = (text: string) => execFileSync('bash', ['-ec', text], { cwd: runtime.home });
    run(before);
    const waiting = waitFor(runtime, { path: 'a/b/f', event_types: types });
    // A wait shows nowhere; what happens again and again cannot happen before it has begun.
    const attempts = async (): Promise<void> => {
      for (let done = false; !done;) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        run(script);
        done = await Promise.race([
          waiting.then(() => true),
          new Promise<false>((resolve) => setTimeout(() => resolve(false), 2000)),
        ]);
        if (!done) run(`rm -rf a t; ${before}`);
      }
    };
    await attempts();
    const { event } = (await waiting).data;
    const last = (path: string | null | undefined): string => path?.split('/').at(-1) ?? '';
    expect(`${event?.type} ${last(event?.path)}${event?.old_path === null ? '' : ` from ${last(event?.old_path)}`}`).toBe(
      expected,
    );
  });

  it('ends with the server', async () => {
    const runtime = await testRuntime();
    const waiting = waitFor(runtime, { path: 'never' });
    await new Promise((resolve) => setImmediate(resolve));
    await runtime[Symbol.asyncDispose]();
    expect((await waiting).data.event).toBeNull();
  });
});
