import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { NodejsExecuteResponse, NodejsSessionInfo } from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { eventually } from '../shell/fixtures.ts';

const notFound = { status: 404, body: { success: false, message: 'Session not found', data: null } };
const run = async (runtime: TestRuntime, code: string, more: object = {}) => {
  const { body } = await runtime.post<NodejsExecuteResponse>('/v1/nodejs/execute', { code, timeout: 300, ...more });
  return { ...body.data, hint: body.hint };
};
const valueOf = ({ outputs }: NodejsExecuteResponse) =>
  outputs.find(({ output_type }) => output_type === 'execute_result')?.data as { 'text/plain': string } | undefined;
const errorOf = ({ outputs }: NodejsExecuteResponse) => outputs.find(({ output_type }) => output_type === 'error');
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('POST /v1/nodejs/execute without a session', () => {
  const codes = [
    ['CommonJS', 'const os = require("os"); console.log(typeof os.cpus, require.main === module)', 'function true\n'],
    ['a module', 'import os from "os"; console.log(typeof os.cpus, typeof require)', 'function function\n'],
    ['top-level await beside require', 'const p = require("path"); console.log(await p.join("a", "b"))', 'a/b\n'],
    ['top-level for await', 'for await (const x of [1, 2]) console.log(x)', '1\n2\n'],
    ['import()', 'import("os").then((os) => console.log(typeof os.cpus))', 'function\n'],
    ['names of its own for what Node gives', 'const require = 1; console.log(require)', '1\n'],
    ['names that the runner has too', 'const fs = 1, path = 2, vm = 3; console.log(fs + path + vm)', '6\n'],
    ['sloppy code', 'x = 1; console.log(x, process.argv.length, process.execArgv.length)', '1 2 0\n'],
    ['a hashbang', '#!/usr/bin/env node\nconsole.log(1)', '1\n'],
    ['nothing', '', ''],
    ['work that goes on', 'setTimeout(() => console.log("later"), 20)', 'later\n'],
  ] as const;
  it.for(codes)('runs %s', async ([, code, stdout]) => {
    await using runtime = await testRuntime();
    const answer = await run(runtime, code);
    expect(answer).toMatchObject({ language: 'javascript', status: 'ok', stdout, stderr: '', exit_code: 0, code });
    expect(answer.outputs).toEqual(stdout === '' ? [] : [{ output_type: 'stream', name: 'stdout', text: stdout }]);
    expect(answer).not.toHaveProperty('session_id');
  });

  const failures = [
    ['an exception', 'throw new TypeError("bad")', 1, { ename: 'TypeError', evalue: 'bad' }],
    ['a rejection', 'Promise.reject(new RangeError("r"))', 1, { ename: 'RangeError', evalue: 'r' }],
    ['a syntax error', 'let x = ;', 1, { ename: 'SyntaxError', evalue: "Unexpected token ';'" }],
    ['what is no error', 'throw 5', 1, { ename: 'Uncaught', evalue: '5' }],
    ['an exit code', 'process.exit(3)', 3, undefined],
    ['a signal', 'process.kill(process.pid, "SIGKILL")', 137, undefined],
  ] as const;
  it.for(failures)('tells %s', async ([, code, exitCode, error]) => {
    await using runtime = await testRuntime();
    const answer = await run(runtime, `console.log("before");\n${code}`);
    expect([answer.status, answer.exit_code]).toEqual(['error', exitCode]);
    const found = errorOf(answer);
    expect(found === undefined ? undefined : { ename: found.ename, evalue: found.evalue }).toEqual(error);
    expect(answer.stderr.includes(error?.evalue ?? '')).toBe(true);
  });

  it('pipes stdin and writes files where the code runs, and leaves nothing behind', async () => {
    await using runtime = await testRuntime();
    const temporary = join(runtime.home, 'tmp');
    await mkdir(temporary);
    await using inside = await testRuntime({ TMPDIR: temporary });
    const code = `let text = ''; for await (const part of process.stdin) text += part;
      require('fs').writeFileSync('out', 'x');
      console.log(text, require('./lib/a.js'), process.cwd().startsWith(${JSON.stringify(temporary)}))`;
    const answer = await run(inside, code, { stdin: 'hällo', files: { 'lib/a.js': 'module.exports = 42' } });
    expect([answer.stdout, answer.stderr]).toEqual(['hällo 42 true\n', '']);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('runs in cwd, where it finds what lies there and leaves only what it wrote', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'project/node_modules/dep'), { recursive: true });
    await writeFile(join(runtime.home, 'project/node_modules/dep/index.js'), 'module.exports = "dep"');
    await writeFile(join(runtime.home, 'project/package.json'), '{"type":"commonjs"}');
    const code = 'import dep from "dep"; import a from "./a.js"; console.log(dep, a, process.cwd())';
    const answer = await run(runtime, code, { cwd: 'project', files: { 'a.js': 'module.exports = 1' } });
    expect([answer.stdout, answer.stderr]).toEqual([`dep 1 ${runtime.home}/project\n`, '']);
    expect((await readdir(join(runtime.home, 'project'))).toSorted()).toEqual(['a.js', 'node_modules', 'package.json']);
    expect((await run(runtime, 'console.log(require("dep"))', { cwd: 'project' })).stdout).toBe('dep\n');
  });

  it('finds what is installed in the workspace from a directory of its own', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'node_modules/dep'), { recursive: true });
    await writeFile(join(runtime.home, 'node_modules/dep/index.js'), 'module.exports = "dep"');
    expect((await run(runtime, 'console.log(require("dep"))')).stdout).toBe('dep\n');
  });

  it('runs also where it may not write', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'closed'));
    await chmod(join(runtime.home, 'closed'), 0o555);
    expect((await run(runtime, 'console.log(process.cwd())', { cwd: '/proc/self/task' })).stdout).toContain('/proc/');
    expect((await run(runtime, 'console.log(process.cwd())', { cwd: 'closed' })).stdout).toBe(`${runtime.home}/closed\n`);
  });

  it('says so where it can write nowhere', async () => {
    await using runtime = await testRuntime({ TMPDIR: '/no/such/folder' });
    const { status, body } = await runtime.post('/v1/nodejs/execute', { code: '1' });
    expect([status, body.message]).toEqual([503, 'There is no place for the code to run from (ENOENT).']);
  });

  it('ends everything that the code started when its time is over', async () => {
    await using runtime = await testRuntime();
    const code = `const { spawn } = require('child_process');
      require('fs').writeFileSync(${JSON.stringify(`${runtime.home}/pid`)}, String(spawn('sleep', ['300']).pid));
      console.log('begun'); while (true);`;
    const answer = await run(runtime, code, { timeout: 3 });
    expect(answer).toMatchObject({ status: 'timeout', exit_code: 124, hint: 'The code did not end in 3 s and was killed.' });
    const pid = Number(await readFile(join(runtime.home, 'pid'), 'utf8'));
    await eventually('the child has ended', () => !isAlive(pid));
  });

  it('does not wait for a process that left its group, nor let one stay that did not', async () => {
    await using runtime = await testRuntime();
    const answer = await run(
      runtime,
      `const { spawn } = require('child_process');
       const child = spawn('sleep', ['300'], { stdio: 'inherit' }); child.unref(); console.log(child.pid);`,
    );
    expect(answer.status).toBe('ok');
    await eventually('the child has ended', () => !isAlive(Number(answer.stdout)));
  });

  it('keeps a bounded part of the output', async () => {
    await using runtime = await testRuntime({ SANDFLEET_NODEJS_OUTPUT_BYTES: '2000' });
    const answer = await run(runtime, 'process.stdout.write("x".repeat(1e6)); console.error("e")');
    expect(answer.stdout).toBe(`${'x'.repeat(2000)}\n[... 998000 bytes omitted ...]\n`);
    expect(answer.stderr).toBe('e\n');
  });

  it('gives no keys, settings or options of its own to the code', async () => {
    await using runtime = await testRuntime({
      NODE_OPTIONS: '--no-deprecation',
      SANDFLEET_X: '1',
      MINE: 'yes',
      MAX_NODEJS_SESSIONS: '3',
    });
    const names = 'const e = process.env; console.log([e.NODE_OPTIONS, e.SANDFLEET_X, e.MAX_NODEJS_SESSIONS, e.MINE].join())';
    expect((await run(runtime, names)).stdout).toBe(',,,yes\n');
  });

  const refused = [
    ['a file outside', { files: { '../x': '' } }, /files: "\.\.\/x"/],
    ['a directory that is not there', { cwd: '/no/such' }, /cwd \/no\/such is not a directory/],
    ['a NUL in the directory', { cwd: '/tmp\0x' }, /not a directory/],
    [
      'a version that is not there',
      { version: process.versions.node.startsWith('22.') ? '24' : '22' },
      /available_versions: node\d+/,
    ],
  ] as const;
  it.for(refused)('refuses %s', async ([, more, message]) => {
    await using runtime = await testRuntime();
    const answer = await runtime.post('/v1/nodejs/execute', { code: '1', ...more });
    expect([answer.status, answer.body.success]).toEqual([400, false]);
    expect(answer.body.message).toMatch(message);
  });

  it.for([{ timeout: 0 }, { timeout: 301 }, { version: 'node18' }, { files: { a: 1 } }, { session_id: '' }, { stdin: 1 }])(
    'refuses %j as a field',
    async (more) => {
      await using runtime = await testRuntime();
      expect((await runtime.post('/v1/nodejs/execute', { code: '1', ...more })).status).toBe(422);
    },
  );

  it('runs a version that is there by both of its names, and takes null', async () => {
    await using runtime = await testRuntime();
    const { data } = (await runtime.call<{ current_version: string }>('GET', '/v1/nodejs/info')).body;
    for (const version of [data.current_version, data.current_version.slice(4)])
      expect((await run(runtime, 'console.log(1)', { version, cwd: null, files: null, session_id: null })).stdout).toBe('1\n');
  });
});

describe('a session', () => {
  const steps = [
    [
      'keeps const, let, class and function',
      ['const a = 1; let b = 2; class K { v = 3 }; function f() { return a + b }', 'f() + new K().v'],
      '6',
    ],
    [
      'lets names be declared again',
      ['const a = 1; let b = 1; class C {}', 'const a = 2; let b = 3; class C { x = 1 }; a + b + new C().x'],
      '6',
    ],
    ['awaits', ['const v = await Promise.resolve(5)', 'v'], '5'],
    [
      'has require, again and again',
      ['const fs = require("fs")', 'const fs = require("fs"); typeof fs.readFileSync'],
      "'function'",
    ],
    [
      'imports',
      ['import os, { cpus } from "os"', 'typeof os.cpus + typeof cpus + typeof (await import("path")).join'],
      "'functionfunctionfunction'",
    ],
    ['takes a brace as an object', ['{ a: 1 }'], '{ a: 1 }'],
    ['reads its stdin', ['let s = ""; for await (const c of process.stdin) s += c; s'], "'input'"],
    ['finds its files', ['require("./given.js")'], '7'],
    ['shows strings quoted', ['"a\\nb"'], "'a\\nb'"],
    ['shows big integers', ['2n ** 70n'], '1180591620717411303424n'],
    ['shows no undefined', ['undefined'], undefined],
    ['lives on after an error', ['let k = 1; throw new Error("x")', 'k'], '1'],
    ['lives on after a broken environment', ['JSON.stringify = Promise.prototype.then = undefined', '8'], '8'],
  ] as const;
  it.for(steps)('%s', async ([, codes, expected]) => {
    await using runtime = await testRuntime();
    let last: NodejsExecuteResponse | undefined;
    for (const code of codes)
      last = await run(runtime, code, { session_id: 's', stdin: 'input', files: { 'given.js': 'module.exports = 7' } });
    expect(last?.execution_count).toBe(codes.length);
    expect(last === undefined ? undefined : valueOf(last)?.['text/plain']).toBe(expected);
  });

  it('puts out streams, value and errors in order, and counts', async () => {
    await using runtime = await testRuntime();
    const first = await run(runtime, 'console.log("o"); console.error("e"); 1', { stateful: true });
    expect(first.session_id).toMatch(/^[\w-]{36}$/);
    expect(first).toMatchObject({ status: 'ok', exit_code: 0, execution_count: 1, stdout: 'o\n', stderr: 'e\n' });
    expect(first.outputs).toEqual([
      { output_type: 'stream', name: 'stdout', text: 'o\n' },
      { output_type: 'stream', name: 'stderr', text: 'e\n' },
      { output_type: 'execute_result', text: '1', data: { 'text/plain': '1' }, metadata: {} },
    ]);
    const second = await run(runtime, 'null.x', { session_id: first.session_id });
    expect(second).toMatchObject({ status: 'error', exit_code: 1, execution_count: 2 });
    expect(errorOf(second)).toEqual({
      output_type: 'error',
      text: "TypeError: Cannot read properties of null (reading 'x')\n    at session-2.js:1:6",
      ename: 'TypeError',
      evalue: "Cannot read properties of null (reading 'x')",
      traceback: ["TypeError: Cannot read properties of null (reading 'x')", '    at session-2.js:1:6'],
    });
    expect(second.stderr).toContain('TypeError');
  });

  it('tells a rejection that nobody handles, and lives on', async () => {
    await using runtime = await testRuntime();
    const answer = await run(runtime, 'void Promise.reject(new Error("lost"))', { session_id: 's' });
    expect([answer.status, errorOf(answer)?.evalue]).toEqual(['error', 'lost']);
    await run(runtime, 'setTimeout(() => { throw new Error("timer") }, 1)', { session_id: 's' });
    await eventually('the exception of the timer', async () =>
      (await run(runtime, '0', { session_id: 's' })).stderr.includes('timer'),
    );
  });

  it('keeps its variables over a loop that is interrupted and a wait that is given up', async () => {
    await using runtime = await testRuntime();
    await run(runtime, 'let kept = 1', { session_id: 's' });
    const loop = await run(runtime, 'console.log("begun"); while (true);', { session_id: 's', timeout: 1 });
    expect(loop).toMatchObject({ status: 'timeout', exit_code: 124, stdout: 'begun\n' });
    expect(loop.hint).toContain('variables are kept');
    const wait = await run(runtime, 'await new Promise(() => {})', { session_id: 's', timeout: 1 });
    expect([wait.status, wait.hint]).toEqual(['timeout', expect.stringContaining('goes on in the background')]);
    expect(valueOf(await run(runtime, 'kept', { session_id: 's' }))).toEqual({ 'text/plain': '1' });
  });

  const ends = [
    ['process.exit()', 'process.exit(7)', 'error', 7, 'ended the process of the session (exit code 7)'],
    ['a loop that nothing interrupts', 'await 1; while (true);', 'timeout', 124, 'its process was killed'],
  ] as const;
  it.for(ends)('begins anew after %s, and says so', async ([, code, status, exitCode, hint]) => {
    await using runtime = await testRuntime();
    const lost = await run(runtime, code, { session_id: 's', timeout: 1 });
    expect([lost.status, lost.exit_code, lost.hint]).toEqual([status, exitCode, expect.stringContaining(hint)]);
    const next = await run(runtime, '1', { session_id: 's' });
    expect([next.status, next.hint]).toEqual(['ok', expect.stringContaining('variables of earlier calls are gone')]);
    expect((await run(runtime, '1', { session_id: 's' })).hint).toBeUndefined();
  });

  it('runs calls one after the other', async () => {
    await using runtime = await testRuntime();
    const calls = Array.from({ length: 8 }, (_, at) =>
      run(runtime, `globalThis.list ??= []; list.push(${at}); await new Promise((r) => setTimeout(r, 5)); list.join('')`, {
        session_id: 's',
      }),
    );
    const values = (await Promise.all(calls)).map((answer) => valueOf(answer)?.['text/plain']);
    expect(values.at(-1)).toHaveLength(10);
    expect(values.every((value, at) => value?.length === at + 3)).toBe(true);
  });

  it('takes forged answers of the code for no more than lines', async () => {
    await using runtime = await testRuntime();
    const forge = `const w = (t) => require('fs').writeSync(3, t); w('{"id":"x"}\\n'); w('not json\\n'); w('[]\\n'); 9`;
    expect(valueOf(await run(runtime, forge, { session_id: 's' }))).toEqual({ 'text/plain': '9' });
  });
});

describe('the sessions', () => {
  it('are created, found, changed and deleted, with times in milliseconds', async () => {
    await using runtime = await testRuntime();
    const before = Date.now();
    const created = await runtime.post<{ created: boolean; session: NodejsSessionInfo }>('/v1/nodejs/sessions', {
      session_id: 'a b',
      max_idle_time: 60,
      cwd: '/usr',
    });
    const { session } = created.body.data;
    expect(created.body.data).toMatchObject({ session_id: 'a b', created: true });
    expect(session).toMatchObject({ cwd: '/usr', max_idle_time: 60_000, age_seconds: 0, state: 'IDLE' });
    expect(session.created_at).toBeGreaterThanOrEqual(before);
    const again = await runtime.post<{ created: boolean }>('/v1/nodejs/sessions', { session_id: 'a b' });
    expect(again.body.data.created).toBe(false);
    const patched = await runtime.app.inject({
      method: 'PATCH',
      url: '/v1/nodejs/sessions/a%20b',
      payload: { max_idle_time: 120, cwd: '/tmp' },
    });
    expect(patched.json<{ data: unknown }>().data).toMatchObject({
      updated: true,
      session: { max_idle_time: 120_000, cwd: '/tmp' },
    });
    expect(valueOf(await run(runtime, 'process.cwd()', { session_id: 'a b' }))).toEqual({ 'text/plain': "'/tmp'" });
    await run(runtime, 'process.chdir("/usr")', { session_id: 'a b' });
    const { data } = (await runtime.call<{ sessions: Record<string, NodejsSessionInfo> }>('GET', '/v1/nodejs/sessions')).body;
    expect(data.sessions['a b']?.cwd).toBe('/usr');
    expect((await runtime.call('DELETE', '/v1/nodejs/sessions/a%20b')).body.data).toEqual({ deleted: true });
    expect(await runtime.call('GET', '/v1/nodejs/sessions/a%20b')).toEqual(notFound);
    expect(await runtime.call('DELETE', '/v1/nodejs/sessions/a%20b')).toEqual(notFound);
  });

  it('show that one executes, and answer its call when it is deleted', async () => {
    await using runtime = await testRuntime();
    const running = run(runtime, 'await new Promise(() => {})', { session_id: 's' });
    const stateOf = async () =>
      (await runtime.call<{ sessions: Record<string, NodejsSessionInfo> }>('GET', '/v1/nodejs/sessions')).body.data.sessions['s']
        ?.state;
    await eventually('it executes', async () => (await stateOf()) === 'EXECUTING');
    await runtime.call('DELETE', '/v1/nodejs/sessions/s');
    expect(await running).toMatchObject({ status: 'error', hint: 'The session was closed.' });
  });

  it('give way when there are too many: the oldest idle one, or the caller', async () => {
    await using runtime = await testRuntime({ MAX_NODEJS_SESSIONS: '1' });
    await runtime.post('/v1/nodejs/sessions', { session_id: 'old' });
    const running = run(runtime, 'await new Promise(() => {})', { session_id: 'new' });
    await eventually('the new one is there', async () => (await runtime.call('GET', '/v1/nodejs/sessions/new')).status === 200);
    expect(await runtime.call('GET', '/v1/nodejs/sessions/old')).toEqual(notFound);
    const refused = await runtime.post('/v1/nodejs/sessions');
    expect([refused.status, refused.body.message]).toEqual([429, 'All 1 Node.js sessions are busy.']);
    await runtime.call('DELETE', '/v1/nodejs/sessions/new');
    await running;
  });

  it('are not made for a call that can not run', async () => {
    await using runtime = await testRuntime({ MAX_NODEJS_SESSIONS: '1' });
    await runtime.post('/v1/nodejs/sessions', { session_id: 'kept' });
    const list = async () =>
      Object.keys((await runtime.call<{ sessions: object }>('GET', '/v1/nodejs/sessions')).body.data.sessions);
    const bad = { code: '1', files: { '../escape': '' } };
    expect((await runtime.post('/v1/nodejs/execute', { ...bad, session_id: 'kept' })).status).toBe(400);
    expect(await list()).toEqual(['kept']);
    expect((await runtime.post('/v1/nodejs/execute', { ...bad, stateful: true })).status).toBe(400);
    expect(await list()).toEqual(['kept']);
    await writeFile(join(runtime.home, 'file'), '');
    const late = { code: '1', files: { 'file/below': '' }, stateful: true };
    expect((await runtime.post('/v1/nodejs/execute', late)).status).toBe(400);
    expect(await list()).toEqual([]);
  });

  it('end with the server, with what they started', async () => {
    const runtime = await testRuntime();
    const answer = await run(runtime, 'require("child_process").spawn("sleep", ["300"]).pid', { session_id: 's' });
    const pid = Number(valueOf(answer)?.['text/plain']);
    expect(isAlive(pid)).toBe(true);
    await runtime[Symbol.asyncDispose]();
    await eventually('the child has ended', () => !isAlive(pid));
  });

  it.for([{ max_idle_time: 59 }, { max_idle_time: 86_401 }, { session_id: 'x'.repeat(129) }])('refuse %j', async (body) => {
    await using runtime = await testRuntime();
    expect((await runtime.post('/v1/nodejs/sessions', body)).status).toBe(422);
  });
});

describe('GET /v1/nodejs/info', () => {
  it('tells versions and packages', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'node_modules/@scope/one'), { recursive: true });
    await writeFile(join(runtime.home, 'node_modules/@scope/one/package.json'), '{"name":"x","version":"1.2.3"}');
    await mkdir(join(runtime.home, 'node_modules/broken'));
    const { data } = (await runtime.call<Record<string, unknown>>('GET', '/v1/nodejs/info')).body;
    expect(data).toMatchObject({
      node_version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      npm_version: expect.stringMatching(/^\d+\.\d+/),
      supported_languages: ['javascript'],
      runtime_directory: runtime.home,
      runtime_packages: [{ name: '@scope/one', version: '1.2.3' }],
      available_versions: [expect.stringMatching(/^node\d+$/)],
    });
  });
});
