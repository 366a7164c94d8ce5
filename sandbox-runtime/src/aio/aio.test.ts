import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { createLogger, loadConfig } from '@sandfleet/server-kit';
import { build } from 'esbuild';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ConfigSchema } from '../config.ts';
import { createRuntime } from '../server.ts';
import { listenLocally } from '../server/local-socket.ts';

const KEY = 'a-key-of-the-tests-alone';

let app: FastifyInstance;
let folder: string;
/** The program in one file, as images have it: to compile it anew takes far longer than what a test does with it. */
let program: string;
let socket: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aio-test-'));
  program = join(folder, 'aio.mjs');
  const entry = resolve(import.meta.dirname, '../cmd/aio.ts');
  await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' });
  socket = join(folder, 'runtime.sock');
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, SANDBOX_API_KEY: KEY, DISABLE_BROWSER: 'true' };
  const log = createLogger({ name: 'test', level: 'silent' });
  app = createRuntime({ config: loadConfig(ConfigSchema, env), env, log });
  // As at a real start: the socket is there before the port.
  await listenLocally(app, socket);
  await app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await app?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The program as a shell starts it, with a pipe for its output. */
function aio(
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', SANDFLEET_SOCKET: socket, ...env },
  });
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (texts.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (texts.err += chunk.toString()));
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...texts })));
}

describe('aio', () => {
  it('finds its own sandbox by the socket, without a credential, and writes JSON into a pipe', async () => {
    const services = await aio(['sandbox', 'services']);
    expect(services.code).toBe(0);
    expect(JSON.parse(services.out)[1]).toMatchObject({ name: 'browser', state: 'disabled' });
    expect((await aio(['sandbox', 'ping'])).out).toBe('pong\n');
    const info = JSON.parse((await aio(['sandbox', 'info'])).out);
    expect(info).toMatchObject({ home_dir: folder, detail: { system: { home_dir: folder } } });
  });

  it('writes a table for people', async () => {
    const { out } = await aio(['sandbox', 'services', '--plain']);
    expect(out.split('\n')[0]).toMatch(/^NAME +STATE +RESTARTS/);
    expect(out).toMatch(/^browser +disabled/m);
  });

  it('needs the token where the sandbox asks for one, and shows it to nobody', async () => {
    const refused = await aio(['mcp', 'list', '--api-url', url]);
    expect([refused.code, refused.err]).toEqual([4, 'aio: A bearer token is needed.\n']);
    const wrong = await aio(['mcp', 'list'], { env: { AIO_API_URL: url, AIO_TOKEN: 'secret-but-wrong' } });
    expect([wrong.code, wrong.err.includes('secret')]).toEqual([4, false]);
    const right = await aio(['mcp', 'list'], { env: { AIO_API_URL: url, AIO_TOKEN: KEY } });
    expect([right.code, JSON.parse(right.out)]).toEqual([0, expect.arrayContaining(['shell', 'file'])]);
    expect((await aio(['mcp', 'list', '--api-url', url, '--token', KEY])).code).toBe(0);
  });

  const ends: readonly [string, readonly string[], number, RegExp][] = [
    ['a service that is off', ['browser', 'info'], 1, /switched off by DISABLE_BROWSER/],
    ['an unknown skill', ['skills', 'show', 'nobody'], 1, /Skill not found/],
    ['an unknown command', ['browser', 'fly'], 2, /there is no browser fly/],
    ['an unknown group', ['fly'], 2, /there is no fly/],
    ['a missing value', ['browser', 'navigate'], 2, /URL is missing/],
    ['what the sandbox finds wrong', ['sandbox', 'hooks', 'add', 'a b', 'true'], 2, /name: /],
    ['nobody there', ['mcp', 'list', '--api-url', 'unix:///nowhere/x.sock'], 3, /can't be reached at \/nowhere\/x\.sock/],
    [
      'a file that can’t be written',
      ['sandbox', 'info', '-o', '/nowhere/info.json'],
      2,
      /^aio: \/nowhere\/info\.json can't be written \(ENOENT\)/,
    ],
    ['a folder where a file is meant', ['skills', 'register', '/tmp/.zip'], 2, /There is no file/],
    ['an address that is none', ['mcp', 'list', '--api-url', 'nowhere'], 2, /is no address/],
  ];
  it.for(ends)('tells %s on standard error', async ([, args, code, message]) => {
    const ended = await aio(args);
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toMatch(message);
  });

  it('calls a tool of MCP, and all its tools are listed', async () => {
    const called = await aio(['mcp', 'call', 'shell', 'shell_exec', 'command=echo $((6 * 7))']);
    expect([called.code, called.out.includes('42')]).toEqual([0, true]);
    const tools = JSON.parse((await aio(['mcp', 'tools'])).out) as { server: string; name: string }[];
    expect(new Set(tools.map(({ server }) => server)).size).toBeGreaterThan(2);
    expect(JSON.parse((await aio(['mcp', 'tools', 'file'])).out)).toHaveProperty('tools');
  });

  it('lists the tools of the other servers when one fails, and says so in its status too', async () => {
    const file = join(folder, '.config/sandfleet/mcp-servers.json');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ mcpServers: { broken: { command: '/nowhere/server' } } }));
    const { code, out, err } = await aio(['mcp', 'tools']);
    await rm(file);
    expect(err).toMatch(/^aio: broken: /m);
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ server: 'shell', name: 'shell_exec' }));
    expect(code).toBe(1);
  });

  it('registers, shows and removes a skill, and hooks', async () => {
    const skill = join(folder, 'greet');
    await app.inject({
      method: 'POST',
      url: '/v1/file/write',
      headers: { 'x-aio-api-key': KEY },
      payload: { file: `${skill}/SKILL.md`, content: '---\nname: greet\ndescription: Greets\n---\nSay hello.\n' },
    });
    expect((await aio(['skills', 'register', skill])).code).toBe(0);
    expect((await aio(['skills', 'list'])).out).toContain('"greet"');
    const file = join(folder, 'skill.md');
    expect((await aio(['skills', 'show', 'greet', '-o', file])).code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('Say hello.');
    expect((await aio(['skills', 'remove', 'greet'])).code).toBe(0);
    expect((await aio(['sandbox', 'hooks', 'add', 'save', 'true', '--priority', '5'])).code).toBe(0);
    expect(JSON.parse((await aio(['sandbox', 'hooks'])).out)).toMatchObject([{ name: 'save', priority: 5 }]);
    expect((await aio(['sandbox', 'hooks', 'remove', 'save'])).code).toBe(0);
  });

  it('sends an archive of skills along, and says when there is none', async () => {
    const archive = join(folder, 'broken.zip');
    await writeFile(archive, 'no zip');
    const broken = await aio(['skills', 'register', archive]);
    expect([broken.code, broken.err.length > 0]).toEqual([1, true]);
    expect(await aio(['skills', 'register', join(folder, 'no.zip')])).toMatchObject({ code: 2 });
  });

  it('takes text from standard input', async () => {
    const called = await aio(['mcp', 'call', 'shell', 'shell_exec', '-'], { input: '{"command":"echo from-$((1 + 1))"}' });
    expect(called.out).toContain('from-2');
  });
});
