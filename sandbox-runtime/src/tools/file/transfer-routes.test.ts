import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';

const BOUNDARY = 'bound';

interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly content: string | Buffer;
}

const form = (parts: readonly Part[], end = `--${BOUNDARY}--\r\n`): Buffer =>
  Buffer.concat([
    ...parts.flatMap(({ name, filename, content }) => [
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n\r\n`,
      ),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(end),
  ]);

const file = (content: string | Buffer, filename = 'f.bin'): Part => ({ name: 'file', filename, content });
const at = (path: string): Part => ({ name: 'path', content: path });

async function send(runtime: TestRuntime, payload: Buffer, type = `multipart/form-data; boundary=${BOUNDARY}`) {
  const answer = await runtime.app.inject({ method: 'POST', url: '/v1/file/upload', headers: { 'content-type': type }, payload });
  return { status: answer.statusCode, body: answer.json<{ success: boolean; data: Record<string, unknown>; detail: unknown }>() };
}

const upload = (runtime: TestRuntime, ...parts: readonly Part[]) => send(runtime, form(parts));

describe('POST /v1/file/upload', () => {
  const BYTES = Buffer.from([0, 255, 13, 10, 45, 45, 128, 10]);
  const targets = [
    ['a file, its folders made', [at('a/b/c.bin'), file(BYTES)], 'a/b/c.bin'],
    ['the workspace when no path is given', [file(BYTES, 'ü 1.bin')], 'ü 1.bin'],
    ['the workspace when the path is empty', [at(''), file(BYTES)], 'f.bin'],
    ['a folder that is there', [at('dir'), file(BYTES)], 'dir/f.bin'],
    ['a path that ends in a slash', [at('new/'), file(BYTES)], 'new/f.bin'],
    ['a path behind the file', [file(BYTES), at('late/x')], 'late/x'],
    ['the home by its sign', [at('~/h'), file(BYTES)], 'h'],
  ] as const;
  it.for(targets)('goes to %s', async ([, parts, expected]) => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'dir'));
    const { status, body } = await upload(runtime, ...parts);
    const path = join(runtime.home, expected);
    expect([status, body.data]).toEqual([200, { file_path: path, file_size: BYTES.length, success: true }]);
    expect((await readFile(path)).equals(BYTES)).toBe(true);
    const all = execFileSync('find', [runtime.home, '-type', 'f'], { encoding: 'utf8' });
    expect(all).toBe(`${path}\n`);
  });

  const names = [
    ['../../etc/passwd', 'passwd'],
    ['..', 'upload'],
    ['', 'upload'],
    [String.raw`C:\\dir\\a.txt`, 'a.txt'],
    ['/abs/b', 'b'],
    ['.hidden', '.hidden'],
  ] as const;
  it.for(names)('keeps a file called %j in the workspace', async ([filename, expected]) => {
    await using runtime = await testRuntime();
    expect((await upload(runtime, file('x', filename))).body.data['file_path']).toBe(join(runtime.home, expected));
    expect(await readdir(runtime.home)).toEqual([expected]);
  });

  it('replaces a file as a whole, keeps its mode and follows its link', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'real'), 'old');
    await chmod(join(runtime.home, 'real'), 0o751);
    await symlink('real', join(runtime.home, 'link'));
    const content = Buffer.alloc(3_000_000, 'content');
    expect((await upload(runtime, at('link'), file(content))).body.data['file_size']).toBe(content.length);
    expect((await readFile(join(runtime.home, 'real'))).equals(content)).toBe(true);
    expect((await stat(join(runtime.home, 'real'))).mode & 0o777).toBe(0o751);
    expect((await readdir(runtime.home)).toSorted()).toEqual(['link', 'real']);
  });

  it('takes an empty file', async () => {
    await using runtime = await testRuntime();
    expect((await upload(runtime, file(''))).body.data).toMatchObject({ file_size: 0, success: true });
  });

  const errors = [
    ['a file on the way', [at('old/x'), file('new')], 'invalid_target'],
    ['a pipe', [at('pipe'), file('new')], 'invalid_target'],
    ['a device', [at('/dev/null'), file('new')], 'invalid_target'],
    ['a name too long', [at('x'.repeat(300)), file('new')], 'invalid_path'],
    ['a NUL', [at('a\0b'), file('new')], 'invalid_path'],
    ['a place where nothing can be made', [at('/proc/nowhere/x'), file('new')], 'not_found'],
    ['a bad path behind the file', [file('new'), at('old/x')], 'invalid_target'],
  ] as const;
  it.for(errors)('tells %s, with the fields of a result', async ([, parts, type]) => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'old'), 'old');
    execFileSync('mkfifo', [join(runtime.home, 'pipe')]);
    const { status, body } = await upload(runtime, ...parts);
    expect([status, body.success]).toEqual([200, false]);
    expect(body.data).toMatchObject({
      error_type: type,
      operation: 'upload',
      file_path: expect.any(String),
      file_size: 0,
      success: false,
    });
    expect([(await readdir(runtime.home)).toSorted(), await readFile(join(runtime.home, 'old'), 'utf8')]).toEqual([
      ['old', 'pipe'],
      'old',
    ]);
  });

  const bad = [
    ['no file', form([at('x')]), 422],
    ['a file that is a field', form([{ name: 'file', content: 'x' }]), 422],
    ['a file by another name', form([{ name: 'other', filename: 'x', content: 'x' }]), 422],
    ['a path that is too long', form([at('x'.repeat(5000)), file('x')]), 422],
    ['nothing', Buffer.alloc(0), 422],
    ['two files', form([file('1'), file('2')]), 400],
    ['many fields', form([...Array.from({ length: 50 }, (_, index) => ({ name: `f${index}`, content: '' })), file('x')]), 400],
    ['a form that is cut', form([file('x')], ''), 400],
    ['no form', Buffer.from('hello'), 400],
    ['a field of the prototype', form([{ name: '__proto__', content: 'x' }, file('x')]), 400],
  ] as const;
  it.for(bad)('refuses %s and leaves nothing', async ([, payload, status]) => {
    await using runtime = await testRuntime();
    const answer = await send(runtime, payload);
    expect([answer.status, Array.isArray(answer.body.detail)]).toEqual([status, status === 422]);
    expect(await readdir(runtime.home)).toEqual([]);
  });

  it('takes no other type, and other routes take no form', async () => {
    await using runtime = await testRuntime();
    expect((await send(runtime, Buffer.from('{}'), 'application/json')).status).toBe(415);
    expect((await send(runtime, Buffer.from('x'), 'multipart/form-data')).status).toBe(400);
    const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
    const other = await runtime.app.inject({ method: 'POST', url: '/v1/file/read', headers, payload: form([file('x')]) });
    expect(other.statusCode).toBe(415);
  });

  it('keeps to the limit that is set', async () => {
    await using runtime = await testRuntime({ MAX_UPLOAD_BYTES: '1000' });
    expect((await upload(runtime, file(Buffer.alloc(1000)))).status).toBe(200);
    expect((await upload(runtime, at('big'), file(Buffer.alloc(1001)))).status).toBe(413);
    expect(await readdir(runtime.home)).toEqual(['f.bin']);
  });

  it('leaves nothing of a client that hangs up, and answers one that sends on after a failure', async () => {
    await using runtime = await testRuntime();
    await runtime.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = runtime.app.server.address() as { port: number };
    const head = (length: number) =>
      `POST /v1/file/upload HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: ${length}\r\n\r\n`;
    const socket = connect(port, '127.0.0.1');
    socket.write(head(10_000_000));
    socket.write(form([at('half'), file(Buffer.alloc(2_000_000))], '').subarray(0, -2));
    await vi.waitFor(async () => expect(await readdir(runtime.home)).toHaveLength(1), { timeout: 20_000 });
    socket.destroy();
    await vi.waitFor(async () => expect(await readdir(runtime.home)).toEqual([]), { timeout: 20_000 });

    const body = new FormData();
    body.append('path', '/proc/nowhere/x');
    body.append('file', new Blob([Buffer.alloc(20_000_000)]), 'x');
    const answer = await fetch(`http://127.0.0.1:${port}/v1/file/upload`, { method: 'POST', body });
    expect([answer.status, ((await answer.json()) as { success: boolean }).success]).toEqual([200, false]);
  });
});

describe('GET /v1/file/download', () => {
  const get = (runtime: TestRuntime, path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    runtime.app.inject({ method, url: '/v1/file/download', query: { path }, headers });

  it.for([0, 1, 262_143, 262_144, 262_145, 3_000_000])('gives %i bytes back', async (size) => {
    await using runtime = await testRuntime();
    const content = Buffer.alloc(size, 'some bytes ');
    await writeFile(join(runtime.home, 'ü.bin'), content);
    const answer = await get(runtime, 'ü.bin');
    expect([answer.statusCode, answer.rawPayload.equals(content)]).toEqual([200, true]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'content-disposition': `attachment; filename="_.bin"; filename*=UTF-8''%C3%BC.bin`,
      'x-content-type-options': 'nosniff',
    });
  });

  it('gives parts, and says when there is no such part', async () => {
    await using runtime = await testRuntime();
    const content = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251));
    await writeFile(join(runtime.home, 'f'), content);
    const part = await get(runtime, 'f', { range: 'bytes=100-400099' });
    expect([part.statusCode, part.headers['content-range'], part.headers['content-length']]).toEqual([
      206,
      'bytes 100-400099/600000',
      '400000',
    ]);
    expect(part.rawPayload.equals(content.subarray(100, 400_100))).toBe(true);
    const last = await get(runtime, 'f', { range: 'bytes=-10', 'if-range': String(part.headers.etag) });
    expect([last.statusCode, last.rawPayload.equals(content.subarray(-10))]).toEqual([206, true]);
    expect((await get(runtime, 'f', { range: 'bytes=-10', 'if-range': '"other"' })).statusCode).toBe(200);
    const none = await get(runtime, 'f', { range: 'bytes=600000-' });
    expect([none.statusCode, none.headers['content-range'], none.json()]).toMatchObject([
      416,
      'bytes */600000',
      { success: false },
    ]);
  });

  it('answers HEAD and conditions without the content', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), Buffer.alloc(500_000));
    const head = await get(runtime, 'f', {}, 'HEAD');
    expect([head.statusCode, head.headers['content-length'], head.rawPayload.length]).toEqual([200, '500000', 0]);
    const { etag, 'last-modified': modified } = head.headers;
    const fresh = [
      { 'if-none-match': `"x", ${etag}` },
      { 'if-none-match': `W/${etag}` },
      { 'if-modified-since': String(modified) },
    ];
    for (const headers of fresh) expect((await get(runtime, 'f', headers)).statusCode).toBe(304);
    expect((await get(runtime, 'f', { 'if-none-match': '"x"', 'if-modified-since': String(modified) })).statusCode).toBe(200);
    await writeFile(join(runtime.home, 'f'), 'other');
    expect((await get(runtime, 'f', { 'if-none-match': String(etag) })).statusCode).toBe(200);
    expect((await get(runtime, 'none', {}, 'HEAD')).statusCode).toBe(404);
  });

  it('gives files of the kernel, whatever size they claim', async () => {
    await using runtime = await testRuntime();
    expect((await get(runtime, '/proc/self/status')).body).toContain('VmRSS');
    const lies = '/sys/kernel/mm/transparent_hugepage/enabled';
    const answer = await get(runtime, lies);
    expect(answer.statusCode === 404 || answer.headers['content-length'] === String(answer.rawPayload.length)).toBe(true);
  });

  const errors = [
    ['none', 404, 'not_found'],
    ['.', 400, 'invalid_target'],
    ['pipe', 400, 'invalid_target'],
    ['/dev/zero', 400, 'invalid_target'],
    ['circle', 400, 'invalid_path'],
    ['a\0b', 400, 'invalid_path'],
    ['f/x', 400, 'invalid_target'],
  ] as const;
  it.for(errors)('answers %j with %i', async ([path, status, type]) => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'f'), '');
    execFileSync('mkfifo', [join(runtime.home, 'pipe')]);
    await symlink('circle', join(runtime.home, 'circle'));
    const answer = await get(runtime, path);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({
      success: false,
      message: expect.any(String),
      data: { error_type: type, operation: 'download' },
    });
    expect(answer.headers['content-disposition']).toBeUndefined();
  });

  it.for(['/v1/file/download', '/v1/file/download?path=f&change_policy=maybe'])('refuses %s at the door', async (url) => {
    await using runtime = await testRuntime();
    expect((await runtime.app.inject({ method: 'GET', url })).statusCode).toBe(422);
  });

  it('closes the file of a client that hangs up', async () => {
    await using runtime = await testRuntime();
    const path = join(runtime.home, 'f');
    await writeFile(path, Buffer.alloc(50_000_000));
    await runtime.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = runtime.app.server.address() as { port: number };
    const opened = () =>
      execFileSync('sh', ['-c', `ls -l /proc/${process.pid}/fd | grep -c "${path}$" || true`], { encoding: 'utf8' }).trim();
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /v1/file/download?path=f HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    expect(opened()).toBe('1');
    socket.destroy();
    await vi.waitFor(() => expect(opened()).toBe('0'), { timeout: 20_000 });
  });
});
