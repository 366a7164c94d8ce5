import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CodeExecuteResponse } from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { pythonResult } from './results.ts';

const run = async (runtime: TestRuntime, code: string, more: object = {}) => {
  const body = { language: 'javascript', code, timeout: 300, ...more };
  return (await runtime.post<CodeExecuteResponse>('/v1/code/execute', body)).body.data;
};
const result = (text: string) => ({ output_type: 'execute_result', text, data: { 'text/plain': text }, metadata: {} });

describe('POST /v1/code/execute with JavaScript', () => {
  it.for(['javascript', 'js', 'node', 'nodejs'])('takes %s and shows the last value', async (language) => {
    await using runtime = await testRuntime();
    const answer = await run(runtime, '2**10', { language });
    expect(answer).toEqual({
      language: 'javascript',
      status: 'ok',
      code: '2**10',
      outputs: [result('1024')],
      stdout: '',
      stderr: '',
      exit_code: 0,
    });
  });

  const codes = [
    ['a module', 'export const a = 1; console.log(a)', 'a', '1\n', 'ok', 0],
    ['imports', 'import { sep } from "path"; console.log(sep)', 'b', '/\n', 'ok', 0],
    ['work that goes on', 'setTimeout(() => console.log("later"), 20); console.log("now")', 'c', 'now\nlater\n', 'ok', 0],
    ['an exit', 'console.log(1); process.exit(4)', 'd', '1\n', 'error', 4],
  ] as const;
  it.for(codes)('runs %s', async ([, code, , stdout, status, exitCode]) => {
    await using runtime = await testRuntime();
    expect(await run(runtime, code)).toMatchObject({ stdout, status, exit_code: exitCode });
  });

  const failures = [
    ['at once', 'throw new TypeError("bad")', 'TypeError: bad'],
    ['later', 'setTimeout(() => { throw new Error("late") }, 1)', 'Error: late'],
    ['in what it does not await', '(async () => { throw new Error("lost") })()', 'Error: lost'],
    ['before it runs', 'let x = ;', "SyntaxError: Unexpected token ';'"],
  ] as const;
  it.for(failures)('tells what fails %s', async ([, code, message]) => {
    await using runtime = await testRuntime();
    const answer = await run(runtime, code);
    expect([answer.status, answer.exit_code]).toEqual(['error', 1]);
    expect(answer.traceback?.join('\n')).toContain(message);
    expect(answer.stderr).toContain(message);
  });

  const unreadable = [
    'JSON.parse("{")',
    'await Promise.resolve("{").then(JSON.parse)',
    'await (await fetch("data:,no JSON")).json()',
    'await import("data:text/javascript,no module")',
    'require("./bad.cjs")',
    'eval("}")',
    'throw Object.assign(new SyntaxError("x"), { stack: "" })',
  ];
  it.for(unreadable)('runs code once that fails over text of others: %s', async (code) => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'bad.cjs'), 'no module');
    const answer = await run(runtime, `require("fs").appendFileSync("runs", "1"); ${code}`, { cwd: runtime.home });
    expect([answer.status, answer.exit_code, answer.traceback?.join('\n')]).toEqual([
      'error',
      1,
      expect.stringContaining('SyntaxError'),
    ]);
    expect(await readFile(join(runtime.home, 'runs'), 'utf8')).toBe('1');
  });

  it.for(['while (true);', 'await new Promise(() => setInterval(() => {}, 1000))', 'await 1; while (true);'])(
    'ends %s with its time',
    async (code) => {
      await using runtime = await testRuntime();
      expect(await run(runtime, code, { timeout: 1 })).toMatchObject({ status: 'timeout', exit_code: 124 });
    },
  );

  it('keeps nothing by default, and says a session only when it keeps one', async () => {
    await using runtime = await testRuntime();
    const none = await run(runtime, 'globalThis.x = 1');
    expect(none).not.toHaveProperty('session_id');
    expect((await run(runtime, 'typeof x')).outputs).toEqual([result("'undefined'")]);
    const first = await run(runtime, 'const x = 41', { stateful: true });
    const second = await run(runtime, 'x + 1', { session_id: first.session_id });
    expect([second.session_id, second.outputs]).toEqual([first.session_id, [result('42')]]);
    expect((await runtime.call('GET', `/v1/nodejs/sessions/${first.session_id}`)).status).toBe(200);
  });

  it.for([{ language: 'ruby' }, { language: 'JS' }, { timeout: 0 }, { timeout: 301 }, { code: 1 }])(
    'refuses %j',
    async (more) => {
      await using runtime = await testRuntime();
      const body = { language: 'js', code: '1', ...more };
      expect((await runtime.post('/v1/code/execute', body)).status).toBe(422);
    },
  );
});

describe('pythonResult()', () => {
  it('joins streams, takes tracebacks without colours into stderr, and leaves out what is not set', () => {
    const red = '\u001b[31mValueError\u001b[0m: x';
    const answer = pythonResult({
      sessionId: 's',
      status: 'error',
      outputs: [
        { output_type: 'stream', name: 'stdout', text: 'a' },
        { output_type: 'stream', name: 'stderr', text: 'w\n' },
        { output_type: 'stream', name: 'stdout', text: 'b', ename: undefined },
        { output_type: 'error', ename: 'ValueError', evalue: 'x', traceback: ['---', red] },
      ],
    });
    expect(answer).toMatchObject({
      status: 'error',
      stdout: 'ab',
      stderr: 'w\n---\nValueError: x\n',
      exit_code: 1,
      traceback: ['---', red],
    });
    expect(answer.outputs[2]).toStrictEqual({ output_type: 'stream', name: 'stdout', text: 'b' });
  });

  it.for([
    ['ok', 0],
    ['timeout', 124],
  ] as const)('gives %s the exit code %d', ([status, exitCode]) => {
    expect(pythonResult({ sessionId: 's', status, outputs: [] })).toMatchObject({ exit_code: exitCode, stdout: '', stderr: '' });
  });
});

describe('GET /v1/code/info', () => {
  it('lists both languages with their limits', async () => {
    await using runtime = await testRuntime();
    const { data } = (await runtime.call<{ languages: readonly Record<string, unknown>[] }>('GET', '/v1/code/info')).body;
    expect(data.languages).toMatchObject([
      { language: 'python', runtime_version: expect.stringMatching(/^3\./), default_timeout: 30, max_timeout: 300 },
      { language: 'javascript', runtime_version: expect.stringMatching(/^\d+\./), default_timeout: 30, max_timeout: 300 },
    ]);
  });
});
