import { execFileSync } from 'node:child_process';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';

const URL_OF_CALL = '/v1/util/convert_to_markdown';
/** Our own program; up to where it looks for the converter it needs Python alone. */
const PROGRAMS = resolve(import.meta.dirname, '../../../python');

interface Trouble {
  readonly path: string;
  readonly operation: string;
  readonly error_type: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly errno_name?: string;
}

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'util-test-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const real = (): Promise<TestRuntime> => testRuntime({ SANDFLEET_PYTHON_DIR: PROGRAMS });

/** The runtime with another program in the place of ours. */
async function scripted(script: string, env: Readonly<Record<string, string>> = {}): Promise<TestRuntime> {
  const programs = await mkdtemp(join(folder, 'programs-'));
  await writeFile(join(programs, 'convert_to_markdown.py'), script);
  return testRuntime({ SANDFLEET_PYTHON_DIR: programs, ...env });
}

async function failureOf(runtime: TestRuntime, uri: string): Promise<Trouble> {
  const { status, body } = await runtime.post<Trouble>(URL_OF_CALL, { uri });
  expect([status, body.success, body.message]).toEqual([200, false, body.data.message]);
  expect(body.message).not.toMatch(/Traceback|File "|\n/);
  return body.data;
}

async function website(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function appears(path: string): Promise<void> {
  while (
    !(await access(path).then(
      () => true,
      () => false,
    ))
  )
    await new Promise((done) => setTimeout(done, 20));
}

describe('POST /v1/util/convert_to_markdown', () => {
  it('answers with what the program made, its title beside', async () => {
    const answer = String.raw`
import json, sys
source = json.load(sys.stdin)["source"]
print(json.dumps({"ok": True, "title": "A title", "truncated": False}))
print("# ü 漢字", json.dumps(source))`;
    await using runtime = await scripted(answer);
    const { status, body } = await runtime.post<string>(URL_OF_CALL, { uri: 'report.pdf' });
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        message: 'Operation successful',
        data: `# ü 漢字 {"kind": "file", "path": "${runtime.home}/report.pdf"}\n`,
        title: 'A title',
      },
    ]);
  });

  it('says when there is more', async () => {
    await using runtime = await scripted('print(\'{"ok": true, "title": "", "truncated": true}\\nabc\', end="")');
    const { body } = await runtime.post<string>(URL_OF_CALL, { uri: 'x' });
    expect(body).toMatchObject({ success: true, data: 'abc', truncated: true, hint: expect.stringContaining('beginning') });
    expect(body).not.toHaveProperty('title');
  });

  const refused = [
    ['no uri', {}, 'required'],
    ['a number', { uri: 1 }, 'type'],
    ['an empty uri', { uri: '' }, 'minLength'],
    ['another scheme', { uri: 'ftp://example.com/x' }, 'uri'],
  ] as const;
  it.for(refused)('refuses %s in the documented list form', async ([, body, type]) => {
    await using runtime = await real();
    const answer = await runtime.app.inject({ method: 'POST', url: URL_OF_CALL, payload: body });
    expect(answer.statusCode).toBe(422);
    expect(answer.json<{ detail: unknown[] }>().detail[0]).toEqual({ loc: ['body', 'uri'], msg: expect.any(String), type });
  });

  const files = [
    ['a file that is not there', 'nothing.pdf', 'not_found', 'ENOENT'],
    ['a directory', 'folder', 'invalid_target', 'EISDIR'],
    ['a named pipe', 'pipe', 'invalid_target', 'EINVAL'],
    ['a device without end', '/dev/zero', 'invalid_target', 'EINVAL'],
    ['a name that is too long', 'x'.repeat(300), 'invalid_path', 'ENAMETOOLONG'],
    ['a file below a file', 'file/below', 'invalid_target', 'ENOTDIR'],
  ] as const;
  it.for(files)('tells of %s', async ([, name, type, errno]) => {
    await using runtime = await real();
    await mkdir(join(runtime.home, 'folder'));
    await writeFile(join(runtime.home, 'file'), 'x');
    execFileSync('mkfifo', [join(runtime.home, 'pipe')]);
    expect(await failureOf(runtime, name)).toMatchObject({
      path: name,
      operation: 'convert',
      error_type: type,
      errno_name: errno,
      retryable: false,
    });
  });

  it('says so where there is no converter, or no Python', async () => {
    await using bare = await testRuntime({ SANDFLEET_PYTHON_DIR: PROGRAMS, SANDFLEET_PYTHON: 'no-such-python' });
    expect((await failureOf(bare, 'data:text/plain,hi')).error_type).toBe('not_available');
  });

  const data = [
    ['no comma', 'data:text/plain', 'invalid_path'],
    ['broken base64', 'data:;base64,%%%', 'decode_error'],
  ] as const;
  it.for(data)('tells of a data: URI with %s', async ([, uri, type]) => {
    await using runtime = await real();
    expect((await failureOf(runtime, uri)).error_type).toBe(type);
  });

  const pages: readonly [string, RequestListener, Partial<Trouble>][] = [
    ['is not there', (_, answer) => answer.writeHead(404).end('secret body'), { error_type: 'not_found', retryable: false }],
    ['fails', (_, answer) => answer.writeHead(503).end(), { error_type: 'fetch_failed', retryable: true }],
    [
      'redirects for ever',
      ({ url }, answer) => answer.writeHead(302, { location: `${url}x` }).end(),
      { error_type: 'fetch_failed' },
    ],
    [
      'redirects to a file',
      (_, answer) => answer.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      { error_type: 'fetch_failed' },
    ],
    [
      'redirects to FTP',
      (_, answer) => answer.writeHead(302, { location: 'ftp://127.0.0.1/x' }).end(),
      { error_type: 'fetch_failed' },
    ],
    ['hangs up', (_, answer) => answer.destroy(), { error_type: 'fetch_failed', retryable: true }],
    [
      'breaks off',
      (_, answer) => answer.writeHead(200, { 'content-length': '100' }).write('x', () => answer.destroy()),
      { error_type: 'fetch_failed' },
    ],
    ['never ends', (_, answer) => pour(answer), { error_type: 'too_large' }],
  ];
  it.for(pages)('tells of a page that %s', async ([, listener, expected]) => {
    await using site = await website(listener);
    await using runtime = await real();
    expect(await failureOf(runtime, `${site.url}/page`)).toMatchObject({ path: `${site.url}/page`, ...expected });
  });

  it('tells of a server that is not there', async () => {
    await using runtime = await real();
    expect(await failureOf(runtime, 'http://127.0.0.1:1/')).toMatchObject({ error_type: 'fetch_failed', retryable: true });
  });

  const broken = [
    ['prints a stack', 'raise RuntimeError("secret")'],
    ['prints nothing', ''],
    ['prints no JSON', 'print("hello\\nworld")'],
    ['dies', 'import os; os.kill(os.getpid(), 9)'],
    ['prints without end', 'while True: print("x" * 1000000)'],
  ] as const;
  it.for(broken)('survives a program that %s', async ([, script]) => {
    await using runtime = await scripted(script, { SANDFLEET_CONVERT_SECONDS: '3' });
    expect((await failureOf(runtime, 'x')).error_type).toMatch(/^(conversion_failed|timeout)$/);
  });

  it('stops a conversion that takes too long', async () => {
    await using runtime = await scripted('import time; time.sleep(1000)', { SANDFLEET_CONVERT_SECONDS: '1' });
    expect(await failureOf(runtime, 'x')).toMatchObject({ error_type: 'timeout', retryable: true });
  });

  it('stops when the client hangs up, and gives its place to the next', async () => {
    const script = `
import json, sys, time
path = json.load(sys.stdin)["source"]["path"]
open(path, "w").close()
if path.endswith("slow"): time.sleep(1000)
print('{"ok": true, "title": "", "truncated": false}')`;
    await using runtime = await scripted(script, { SANDFLEET_MAX_CONVERSIONS: '1' });
    const controller = new AbortController();
    const base = await runtime.app.listen({ host: '127.0.0.1', port: 0 });
    const send = (uri: string, signal?: AbortSignal) =>
      fetch(`${base}${URL_OF_CALL}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri }),
        ...(signal === undefined ? {} : { signal }),
      });
    const slow = send('slow', controller.signal);
    await appears(join(runtime.home, 'slow'));
    const quick = send('quick');
    controller.abort();
    await expect(slow).rejects.toThrow();
    expect(await (await quick).json()).toMatchObject({ success: true, data: '' });
  });

  it('leaves nothing running behind the server', async () => {
    const runtime = await scripted(
      'import json, sys, time; open(json.load(sys.stdin)["source"]["path"], "w").close(); time.sleep(1000)',
    );
    const running = runtime.post<Trouble>(URL_OF_CALL, { uri: 'started' });
    await appears(join(runtime.home, 'started'));
    await runtime[Symbol.asyncDispose]();
    expect((await running).body.success).toBe(false);
  });
});

function pour(answer: Parameters<RequestListener>[1]): void {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const more = (): void => {
    while (!answer.destroyed) if (!answer.write(chunk)) return void answer.once('drain', more);
  };
  more();
}
