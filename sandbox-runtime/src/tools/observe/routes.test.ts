import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { ObserveLiveSnapshot, ObserveReport, ObserveStarted } from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { eventually } from '../shell/fixtures.ts';

const exec = promisify(execFile);
const URL = '/v1/sandbox/observe';

interface Status {
  readonly mode: string;
  readonly running: boolean;
  readonly session_id?: string;
  readonly last_sample_at?: string;
  readonly runtime_dir?: string;
  readonly report_count: number;
}

const start = async (runtime: TestRuntime, body: Record<string, unknown> = {}) =>
  (await runtime.post<ObserveStarted>(`${URL}/start`, body)).body.data;
const status = async (runtime: TestRuntime) => (await runtime.call<Status>('GET', `${URL}/status`)).body.data;
const stop = (runtime: TestRuntime, body: Record<string, unknown> = {}) => runtime.post(`${URL}/stop`, body);
const pack = async (runtime: TestRuntime, body: Record<string, unknown> = {}) =>
  (await runtime.post<ObserveReport>(`${URL}/export`, body)).body.data;
const reports = async (runtime: TestRuntime) => (await runtime.call<ObserveReport[]>('GET', `${URL}/reports`)).body.data;
const download = (runtime: TestRuntime, id: string) => runtime.app.inject({ url: `${URL}/reports/${id}` });
const samples = async (directory: string) =>
  (await readFile(join(directory, 'samples.jsonl'), 'utf8').catch(() => '')).split('\n');

/** The files of an archive and what is in one of them. */
async function unpack(bytes: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), 'report-test-'));
  try {
    await writeFile(join(folder, 'x.tar.gz'), bytes);
    const { stdout } = await exec('tar', ['-tzf', 'x.tar.gz'], { cwd: folder });
    await exec('tar', ['-xzf', 'x.tar.gz'], { cwd: folder });
    return {
      names: stdout.trim().split('\n'),
      report: JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as unknown,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('GET /v1/sandbox/observe/live', () => {
  it('looks at disks and processes while nothing is being observed', async () => {
    await using runtime = await testRuntime();
    const { body } = await runtime.call<ObserveLiveSnapshot>('GET', `${URL}/live?top_rows=100`);
    expect(body.data).toMatchObject({ mode: 'off', recent_events: [] });
    expect(Date.parse(body.data.captured_at)).toBeGreaterThan(0);
    expect(body.data.disk.map(({ path }) => path)).toEqual([runtime.home, '/tmp']);
    expect(body.data.top_processes.length).toBeGreaterThan(0);
    expect((await status(runtime)).runtime_dir).toBeUndefined();
  });

  it('gives as many rows as were asked for, to calls at the same time too', async () => {
    await using runtime = await testRuntime();
    const rows = await Promise.all(
      ['?top_rows=0', '?top_rows=1', '?top_rows=2'].map((query) =>
        runtime.call<ObserveLiveSnapshot>('GET', `${URL}/live${query}`),
      ),
    );
    expect(rows.map(({ body }) => body.data.top_processes.length)).toEqual([0, 1, 2]);
  });

  it.for(['-1', '101', 'x', '1.5'])('refuses %s rows', async (rows) => {
    await using runtime = await testRuntime();
    expect((await runtime.call('GET', `${URL}/live?top_rows=${rows}`)).status).toBe(422);
  });
});

describe('an observation session', () => {
  it('records samples until it is stopped', async () => {
    await using runtime = await testRuntime();
    const started = await start(runtime, { interval_seconds: 0.2 });
    expect(started).toMatchObject({ mode: 'capture', interval_seconds: 0.2 });
    expect(Date.parse(started.ends_at ?? '') - Date.parse(started.started_at)).toBe(600_000);
    await eventually('two samples', async () => (await samples(started.runtime_dir)).length > 2);
    expect(await status(runtime)).toMatchObject({ mode: 'capture', running: true, session_id: started.session_id });
    const sample = JSON.parse((await samples(started.runtime_dir))[1] ?? '') as ObserveLiveSnapshot;
    expect(sample.disk.length).toBe(2);
    expect(sample.top_processes.length).toBeGreaterThan(0);
    const stopped = await stop(runtime);
    expect(stopped.body.data).toEqual({ session_id: started.session_id, stopped: true, report_ready: true });
    expect((await stop(runtime, { session_id: started.session_id })).body.data).toMatchObject({ stopped: false });
    expect(await status(runtime)).toMatchObject({ mode: 'off', running: false, session_id: started.session_id });
    const { body } = await runtime.call<ObserveLiveSnapshot>('GET', `${URL}/live`);
    expect(body.data.recent_events.map(({ type }) => type)).toEqual(['session_started', 'session_stopped']);
  });

  it('leaves out what was not asked for', async () => {
    await using runtime = await testRuntime();
    const { runtime_dir: directory } = await start(runtime, { include_disk: false, include_processes: false });
    await eventually('a sample', async () => (await samples(directory)).length > 1);
    expect(JSON.parse((await samples(directory))[0] ?? '')).toMatchObject({ disk: [], top_processes: [] });
  });

  it('ends by itself', async () => {
    await using runtime = await testRuntime();
    await start(runtime, { duration_seconds: 1, interval_seconds: 3600 });
    await eventually('its end', async () => !(await status(runtime)).running);
  });

  it('looks and records nothing as long as a guardrail has nothing to tell', async () => {
    await using runtime = await testRuntime();
    const { runtime_dir: directory } = await start(runtime, { mode: 'guardrail', interval_seconds: 0.2, include_disk: false });
    await eventually('a look', async () => (await status(runtime)).last_sample_at !== undefined);
    expect((await stop(runtime)).body.data).toMatchObject({ stopped: true, report_ready: false });
    expect(await readdir(directory)).toEqual([]);
  });

  it('is the only one, and the same for calls that repeat their key', async () => {
    await using runtime = await testRuntime();
    const key = { idempotency_key: 'k' };
    const [first, second] = await Promise.all([start(runtime, key), start(runtime, { ...key, mode: 'guardrail' })]);
    expect(second).toEqual(first);
    expect((await runtime.post(`${URL}/start`, {})).status).toBe(409);
    expect((await runtime.post(`${URL}/start`, { idempotency_key: 'other' })).status).toBe(409);
    await stop(runtime);
    expect(await start(runtime, key)).toEqual(first);
    expect((await start(runtime)).session_id).not.toBe(first.session_id);
  });

  const hostile: readonly [string, Record<string, unknown>][] = [
    ['no such mode', { mode: 'off' }],
    ['no time', { duration_seconds: 0 }],
    ['time without end', { duration_seconds: 86_401 }],
    ['no interval', { interval_seconds: 0 }],
    ['a long key', { idempotency_key: 'x'.repeat(129) }],
  ];
  it.for(hostile)('does not begin with %s', async ([, body]) => {
    await using runtime = await testRuntime();
    expect((await runtime.post(`${URL}/start`, body)).status).toBe(422);
  });

  it('is not found under another id, nor where there was none', async () => {
    await using runtime = await testRuntime();
    expect((await stop(runtime)).status).toBe(404);
    await start(runtime);
    for (const id of ['observe-0', '../..', '/etc/passwd']) {
      expect((await stop(runtime, { session_id: id })).status).toBe(404);
      expect((await runtime.post(`${URL}/export`, { session_id: id })).status).toBe(404);
    }
  });

  it('leaves nothing behind when the server closes', async () => {
    let directory = '';
    {
      await using runtime = await testRuntime();
      directory = (await start(runtime)).runtime_dir;
      await pack(runtime);
    }
    await expect(stat(join(directory, '..'))).rejects.toThrow('ENOENT');
  });
});

describe('reports', () => {
  it('hold the records of a session, the system and its state', async () => {
    await using runtime = await testRuntime();
    const { session_id: id, runtime_dir: directory } = await start(runtime, { interval_seconds: 0.2 });
    await eventually('a sample', async () => (await samples(directory)).length > 1);
    const report = await pack(runtime, { session_id: id, reason: 'slow today' });
    expect(report).toMatchObject({ session_id: id, reason: 'slow today' });
    const answer = await download(runtime, report.report_id);
    expect([answer.statusCode, answer.headers['content-type'], answer.rawPayload.length]).toEqual([
      200,
      'application/gzip',
      report.size_bytes,
    ]);
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="${report.report_id}.tar.gz"`);
    const { names, report: summary } = await unpack(answer.rawPayload);
    expect(names).toEqual(['./report.json', `./${id}/`, `./${id}/samples.jsonl`]);
    expect(summary).toMatchObject({ reason: 'slow today', session: { session_id: id }, live: { mode: 'capture' } });
    expect(await status(runtime)).toMatchObject({ report_count: 1 });
  });

  it('are packed without any session too', async () => {
    await using runtime = await testRuntime();
    const report = await pack(runtime);
    expect([report.session_id, report.reason]).toEqual([undefined, 'manual']);
    expect((await unpack((await download(runtime, report.report_id)).rawPayload)).names).toEqual(['./report.json']);
  });

  it('are the same for calls that repeat their key, until they are deleted', async () => {
    await using runtime = await testRuntime();
    const [first, second] = await Promise.all([pack(runtime, { idempotency_key: 'k' }), pack(runtime, { idempotency_key: 'k' })]);
    expect(second).toEqual(first);
    const deleted = await runtime.call<ObserveReport>('DELETE', `${URL}/reports/${first.report_id}`);
    expect(deleted.body.data).toEqual(first);
    await expect(stat(first.path)).rejects.toThrow('ENOENT');
    expect((await runtime.call('DELETE', `${URL}/reports/${first.report_id}`)).status).toBe(404);
    expect((await download(runtime, first.report_id)).statusCode).toBe(404);
    expect((await pack(runtime, { idempotency_key: 'k' })).report_id).not.toBe(first.report_id);
  });

  it('make room for new ones', async () => {
    await using runtime = await testRuntime({ OBSERVE_MAX_REPORTS: '2' });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await pack(runtime)).report_id);
    expect((await reports(runtime)).map(({ report_id: id }) => id)).toEqual(ids.slice(1));
    expect((await readdir(join((await reports(runtime))[0]?.path ?? '', '..'))).length).toBe(2);
  });

  const ids: readonly [string, number][] = [
    ['report-0000000000000000', 404],
    ['..%2f..%2fetc%2fpasswd', 422],
    ['..', 404],
    ['%2fetc%2fpasswd', 422],
    ['a'.repeat(65), 422],
    ['report%00', 422],
  ];
  it.for(ids)('are none under the id %s', async ([id, expected]) => {
    await using runtime = await testRuntime();
    await pack(runtime);
    expect((await download(runtime, id)).statusCode).toBe(expected);
    expect((await runtime.call('DELETE', `${URL}/reports/${id}`)).status).toBe(expected);
  });

  const attacks: readonly [string, (path: string) => Promise<unknown>][] = [
    ['a link to another file', (path) => symlink('/etc/passwd', path)],
    ['a pipe', (path) => exec('mkfifo', [path])],
    ['nothing', async () => undefined],
    ['an empty file', (path) => writeFile(path, '')],
  ];
  it.for(attacks)('are gone when there is %s in the place of their file', async ([, place]) => {
    await using runtime = await testRuntime();
    const report = await pack(runtime);
    await rm(report.path);
    await place(report.path);
    expect((await download(runtime, report.report_id)).statusCode).toBe(404);
  });

  it('are packed again after the user removed everything', async () => {
    await using runtime = await testRuntime();
    const { runtime_dir: directory } = await start(runtime);
    await pack(runtime);
    await rm(join(directory, '..'), { recursive: true });
    await stop(runtime);
    const session = await start(runtime);
    expect((await pack(runtime, { session_id: session.session_id })).size_bytes).toBeGreaterThan(0);
  });
});
