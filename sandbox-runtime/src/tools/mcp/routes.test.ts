import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { rpc } from './fixtures.ts';

let runtime: TestRuntime;
beforeAll(async () => {
  runtime = await testRuntime();
});
afterAll(() => runtime[Symbol.asyncDispose]());

interface Result {
  readonly content: readonly { readonly type: string; readonly text: string }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

const call = async (tool: string, args: unknown, server = 'sandbox') =>
  (await runtime.post<Result>(`/v1/mcp/${server}/tools/${tool}`, args)).body;

describe('the REST interface of the hub', () => {
  it('lists its servers, and by other names when asked', async () => {
    const own = ['browser', 'file', 'shell', 'markitdown', 'sandbox'];
    expect((await runtime.call('GET', '/v1/mcp/servers')).body).toEqual({
      success: true,
      message: expect.any(String),
      data: own,
    });
    expect((await runtime.call('GET', '/v1/mcp/servers?include_hidden=true')).body.data).toEqual([
      ...own,
      'terminal',
      'mcp-server-browser',
    ]);
  });

  it('lists the tools of one server', async () => {
    const { body } = await runtime.call<{ tools: { name: string; inputSchema: { type: string } }[] }>(
      'GET',
      '/v1/mcp/file/tools',
    );
    expect(body.data.tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['file_read', 'file_write', 'file_delete']));
    expect(body.data.tools.every(({ name, inputSchema }) => name.startsWith('file_') && inputSchema.type === 'object')).toBe(
      true,
    );
  });

  it.for([
    ['GET', '/v1/mcp/nothing/tools', 'There is no MCP server nothing.'],
    ['POST', '/v1/mcp/nothing/tools/read', 'There is no MCP server nothing.'],
    ['POST', '/v1/mcp/file/tools/nothing', 'There is no tool nothing; tools/list has the names.'],
    ['POST', '/v1/mcp/file/tools/shell_exec', 'There is no tool shell_exec; tools/list has the names.'],
  ] as const)('answers %s %s with 404', async ([method, url, message]) => {
    const { status, body } = method === 'GET' ? await runtime.call('GET', url) : await runtime.post(url);
    expect([status, body]).toEqual([404, { success: false, message, data: null }]);
  });

  it('calls a tool, with or without the prefix of its server', async () => {
    const path = join(runtime.home, 'ä file');
    for (const name of ['file_write', 'write']) {
      const { success, data } = await call(name, { path, content: `by ${name}` }, 'file');
      expect([success, data.isError, data.content[0]?.text]).toEqual([true, false, expect.stringContaining(path)]);
      expect(await readFile(path, 'utf8')).toBe(`by ${name}`);
    }
  });

  it('tells of a tool that fails in message and result', async () => {
    const { success, message, data } = await call('file_read', { file: '/not/there' }, 'file');
    expect([success, message, data.isError]).toEqual([false, expect.stringContaining('no such file'), true]);
  });

  it('takes a call without a body', async () => {
    expect((await runtime.post(`/v1/mcp/shell/tools/list_sessions`)).body.success).toBe(true);
  });
});

describe('a tool', () => {
  it.for([
    ['sandbox_execute_bash', { cmd: 'echo $((6*7))' }, '42\n'],
    ['sandbox_execute_bash', { command: 'echo $((6*7))', timeout: 5, truncate: true }, '42\n'],
    ['sandbox_execute_bash', { command: 'false' }, '[exit code: 1]'],
    ['sandbox_file_operations', { action: 'write', path: 'ops.txt', content: 'one\ntwo\n' }, 'Wrote 8 bytes'],
    ['sandbox_file_operations', { action: 'APPEND', path: 'ops.txt', content: 'three\n' }, 'Wrote 6 bytes'],
    ['sandbox_file_operations', { action: 'read', path: 'ops.txt' }, 'one\ntwo\nthree\n'],
    ['sandbox_file_operations', { action: 'read', path: 'ops.txt', start_line: 1, end_line: 2 }, 'two'],
    ['sandbox_file_operations', { action: 'search', path: 'ops.txt', pattern: 'tw.' }, '2:two'],
    ['sandbox_file_operations', { action: 'replace', path: 'ops.txt', old_str: 'two', new_str: '2' }, 'Replaced 1'],
    ['sandbox_file_operations', { action: 'list', path: '.' }, 'ops.txt'],
    ['sandbox_file_operations', { action: 'find', path: '.', pattern: '*.txt' }, 'ops.txt'],
    ['sandbox_file_operations', { action: 'grep', path: '.', pattern: 'three' }, 'ops.txt:3:three'],
    ['sandbox_file_operations', { action: 'delete', path: 'ops.txt' }, 'Deleted ops.txt'],
    ['sandbox_execute_code', { code: 'console.log(40 + 2)', language: 'js' }, '42'],
    ['sandbox_get_context', {}, 'System Environment'],
  ] as const)('%s with %j says %j', async ([name, args, text]) => {
    const { data } = await call(name, args);
    expect([data.isError, data.content[0]?.text]).toEqual([false, expect.stringContaining(text)]);
  });

  it('says which arguments are missing, unknown or wrong', async () => {
    expect((await call('shell_exec', {}, 'shell')).message).toBe('Missing arguments: command.');
    expect((await call('shell_exec', { command: 7 }, 'shell')).message).toBe(
      'The arguments were refused: command must be string',
    );
    const { data } = await call('shell_exec', { command: 'true', colour: 'red', sudo: null }, 'shell');
    expect(data.content.at(-1)?.text).toBe('Unknown arguments were left out: colour.');
  });

  it('passes on the hint of the operation', async () => {
    await writeFile(join(runtime.home, 'hint'), 'a');
    const { data } = await call('file_replace', { path: 'hint', old_str: 'b', new_str: 'c' }, 'file');
    expect(data.content.at(-1)?.text).toContain('Hint: old_str is not in the file');
  });

  it('deletes exactly what it is told to', async () => {
    await call('shell_exec', { command: "mkdir -p d/e; touch -- '-rf' 'a b' \"it's\" '*' keep" }, 'shell');
    for (const path of ['-rf', 'a b', "it's", '*']) expect((await call('file_delete', { path }, 'file')).success).toBe(true);
    expect((await call('file_delete', { path: 'd' }, 'file')).message).toContain('Directory not empty');
    expect((await call('file_delete', { path: 'd', recursive: true }, 'file')).success).toBe(true);
    expect((await call('file_delete', { path: '$(touch made)' }, 'file')).success).toBe(false);
    const { data } = await call('shell_exec', { command: 'ls -A keep d made 2>/dev/null' }, 'shell');
    expect(data.structuredContent?.['output']).toBe('keep\n');
    expect((await runtime.call<unknown[]>('GET', '/v1/bash/sessions')).body.data).toEqual([]);
  });

  it('cuts what is too long and says so', async () => {
    const { data } = await call('shell_exec', { command: 'seq 100000', truncate: false }, 'shell');
    expect(data.content[0]?.text.length).toBeLessThan(201_000);
    expect(data.content[0]?.text).toMatch(/characters are left out here/);
    expect(data.structuredContent).toBeUndefined();
  });
});

describe('what is counted and logged', () => {
  it('has one series for all names that nobody has', async () => {
    await using counted = await testRuntime();
    for (const name of ['x', 'y']) await rpc(counted, { method: 'tools/call', params: { name } });
    await rpc(counted, { method: 'tools/call', params: { name: 'terminal_execute', arguments: { command: 'true' } } });
    await rpc(counted, { method: 'tools/call', params: { name: 'file_read', arguments: { path: '/not/there' } } });
    const metrics = (await counted.app.inject('/metrics')).payload;
    expect(
      metrics
        .split('\n')
        .filter((line) => line.startsWith('sandbox_mcp_calls_total'))
        .toSorted(),
    ).toEqual([
      'sandbox_mcp_calls_total{tool="file_read",outcome="error"} 1',
      'sandbox_mcp_calls_total{tool="shell_exec",outcome="ok"} 1',
      'sandbox_mcp_calls_total{tool="unknown",outcome="unknown_tool"} 2',
    ]);
    expect(metrics).toContain('sandbox_mcp_call_seconds_count{tool="shell_exec"} 1');
  });
});

describe('DISABLE_MCP_BROWSER', () => {
  it('takes the browser out of lists and calls', async () => {
    await using without = await testRuntime({ DISABLE_MCP_BROWSER: 'true' });
    expect((await without.call<string[]>('GET', '/v1/mcp/servers')).body.data).not.toContain('browser');
    expect((await without.call('GET', '/v1/mcp/browser/tools')).status).toBe(404);
    expect((await rpc(without, { method: 'tools/call', params: { name: 'browser_navigate' } })).body.error?.message).toContain(
      'no tool',
    );
  });
});
