import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SkillMetadata } from '@sandfleet/contract/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { skillText, zipOf } from './fixtures.ts';

interface Registered {
  readonly count: number;
  readonly registered: readonly SkillMetadata[];
  readonly error_type?: string;
}

interface Form {
  readonly file?: Buffer;
  readonly filename?: string;
  readonly path?: string;
  readonly name?: string;
}

const BOUNDARY = '----boundary';

function multipart({ file, filename = 'upload', ...fields }: Form): { payload: Buffer; headers: Record<string, string> } {
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${String(value)}\r\n`,
  );
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="${filename}"\r\ncontent-type: application/zip\r\n\r\n`;
  const parts = [
    Buffer.from(texts.join('')),
    ...(file === undefined ? [] : [Buffer.from(head), file, Buffer.from('\r\n')]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ];
  return { payload: Buffer.concat(parts), headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` } };
}

const REGISTER = '/v1/skills/register';

async function register(runtime: TestRuntime, form: Form) {
  const answer = await runtime.app.inject({ method: 'POST', url: REGISTER, ...multipart(form) });
  return {
    status: answer.statusCode,
    body: answer.json<{ success: boolean; message: string; hint?: string; data: Registered }>(),
  };
}

async function names(runtime: TestRuntime): Promise<readonly string[]> {
  const { body } = await runtime.call<{ skills: SkillMetadata[] }>('GET', '/v1/skills/metadatas');
  return body.data.skills.map(({ name }) => name);
}

async function writeSkill(directory: string, text: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'SKILL.md'), text);
  return directory;
}

const one = zipOf([
  { name: 'anything/SKILL.md', content: skillText('greeter') },
  { name: 'anything/scripts/run.sh', content: 'echo hi\n', mode: 0o100_755 },
  { name: 'README.md', content: 'outside' },
]);

let commands: string;
beforeAll(async () => void (commands = await mkdtemp(join(tmpdir(), 'commands-'))));
afterAll(() => rm(commands, { recursive: true, force: true }));

/** A PATH with these commands in front. */
async function pathWith(scripts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(commands, 'path-'));
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/bash\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return `${folder}:/usr/bin:/bin`;
}

describe('POST /v1/skills/register with an archive', () => {
  it('puts the skill under the default folder, by its name, and tells of it', async () => {
    await using runtime = await testRuntime();
    const { status, body } = await register(runtime, { file: one });
    const path = join(runtime.home, '.skills/greeter');
    const skill = { name: 'greeter', path, metadata: { name: 'greeter', description: 'Does greeter' }, dependency_commands: [] };
    expect([status, body]).toEqual([
      200,
      { success: true, message: 'Operation successful', data: { count: 1, registered: [skill] } },
    ]);
    expect((await readdir(join(runtime.home, '.skills'))).sort()).toEqual(['greeter']);
    expect(await readFile(join(path, 'scripts/run.sh'), 'utf8')).toBe('echo hi\n');
    const { body: content } = await runtime.call('GET', '/v1/skills/greeter/content');
    expect(content.data).toEqual({ name: 'greeter', path, content: 'Instructions of greeter.\n' });
  });

  it('takes several skills, another folder, and a name for one', async () => {
    await using runtime = await testRuntime();
    const two = zipOf([
      { name: 'repo-main/skills/a/SKILL.md', content: skillText('a') },
      { name: 'repo-main/skills/b/SKILL.md', content: '# no front matter' },
    ]);
    const { body } = await register(runtime, { file: two, path: 'mine/deep' });
    expect(body.data.registered.map(({ path }) => path)).toEqual([
      join(runtime.home, 'mine/deep/a'),
      join(runtime.home, 'mine/deep/b'),
    ]);
    expect((await register(runtime, { file: one, name: 'My Skill' })).body.data.registered[0]).toMatchObject({
      name: 'My Skill',
      path: join(runtime.home, '.skills/My Skill'),
    });
    expect((await register(runtime, { file: two, name: 'both' })).body).toMatchObject({
      success: false,
      data: { error_type: 'invalid_path' },
    });
    expect(await names(runtime)).toEqual(['My Skill', 'a', 'b']);
    expect((await runtime.call('GET', '/v1/skills/My%20Skill/content')).status).toBe(200);
  });

  it('names a skill that has no name after the archive', async () => {
    await using runtime = await testRuntime();
    const { body } = await register(runtime, { file: zipOf([{ name: 'SKILL.md', content: 'text' }]), filename: 'tool-box.zip' });
    expect(body.data.registered[0]).toMatchObject({ name: 'tool-box', path: join(runtime.home, '.skills/tool-box') });
  });

  it('replaces the skill of the same name, as a whole', async () => {
    await using runtime = await testRuntime();
    await register(runtime, { file: one });
    await register(runtime, { file: zipOf([{ name: 'SKILL.md', content: skillText('greeter', 'New.') }]) });
    expect((await readdir(join(runtime.home, '.skills/greeter'))).sort()).toEqual(['.sandfleet-skill', 'SKILL.md']);
    expect((await runtime.call<{ content: string }>('GET', '/v1/skills/greeter/content')).body.data.content).toBe('New.');
    await register(runtime, { file: one, path: 'elsewhere' });
    expect(await readdir(join(runtime.home, '.skills'))).toEqual([]);
    expect(await names(runtime)).toEqual(['greeter']);
  });

  it('leaves alone what is no skill, and then everything', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, 'src/z'), { recursive: true });
    await writeFile(join(runtime.home, 'src/z/mine'), 'x');
    await writeSkill(join(runtime.home, 'src/a'), skillText('a', 'Old.'));
    const file = zipOf(['a', 'b', 'z'].map((name) => ({ name: `${name}/SKILL.md`, content: skillText(name, 'New.') })));
    const { body } = await register(runtime, { file, path: 'src' });
    expect(body).toMatchObject({ success: false, data: { count: 0, registered: [], error_type: 'already_exists' } });
    expect((await readdir(join(runtime.home, 'src'))).sort()).toEqual(['a', 'z']);
    expect(await readFile(join(runtime.home, 'src/a/SKILL.md'), 'utf8')).toContain('Old.');
    expect(await readFile(join(runtime.home, 'src/z/mine'), 'utf8')).toBe('x');
    expect(await names(runtime)).toEqual([]);
  });

  const bad: readonly [string, Buffer, string][] = [
    ['no zip', Buffer.from('hello'), 'decode_error'],
    [
      'a zip with a way out',
      zipOf([
        { name: 'SKILL.md', content: skillText('a') },
        { name: '../x', content: 'x' },
      ]),
      'invalid_path',
    ],
    ['a zip that breaks off', one.subarray(0, one.length - 30), 'decode_error'],
    ['a zip without a skill', zipOf([{ name: 'README.md', content: 'x' }]), 'not_found'],
    ['a skill that lies too deep', zipOf([{ name: 'a/b/c/d/SKILL.md', content: skillText('a') }]), 'not_found'],
    [
      'two skills of one name',
      zipOf(['x', 'y'].map((name) => ({ name: `${name}/SKILL.md`, content: skillText('same') }))),
      'invalid_path',
    ],
    ['front matter that is no YAML', zipOf([{ name: 'x/SKILL.md', content: '---\na: [\n---\n' }]), 'decode_error'],
    ['a skill that is no text', zipOf([{ name: 'x/SKILL.md', content: Buffer.from([0xff, 0xfe, 0xfd]) }]), 'decode_error'],
    ['a skill that is too long', zipOf([{ name: 'x/SKILL.md', content: 'x'.repeat(1024 * 1024 + 1) }]), 'too_large'],
    ['a name that leads out', zipOf([{ name: 'x/SKILL.md', content: skillText('../../x') }]), 'invalid_path'],
    ['a SKILL.md that is a directory', zipOf([{ name: 'SKILL.md/x', content: 'x' }]), 'not_found'],
  ];
  it.for(bad)('refuses %s, and leaves nothing behind', async ([, file, type]) => {
    await using runtime = await testRuntime();
    const { status, body } = await register(runtime, { file, path: 'a/b' });
    expect([status, body.success, body.data.error_type, body.data.count]).toEqual([200, false, type, 0]);
    expect(body.message).not.toMatch(/\.upload-| {4}at /);
    expect(await readdir(runtime.home)).toEqual([]);
    expect(await names(runtime)).toEqual([]);
  });

  it('refuses an archive beyond the limit', async () => {
    await using runtime = await testRuntime({ SANDFLEET_SKILL_UPLOAD_MB: '1' });
    expect((await register(runtime, { file: Buffer.alloc(1024 * 1024 + 1) })).status).toBe(413);
    expect(await readdir(runtime.home)).toEqual([]);
  });

  it('refuses more skills than there may be, but not a newer one', async () => {
    await using runtime = await testRuntime({ SANDFLEET_MAX_SKILLS: '1' });
    await register(runtime, { file: one });
    const other = zipOf([{ name: 'SKILL.md', content: skillText('other') }]);
    expect((await register(runtime, { file: other })).body).toMatchObject({
      success: false,
      data: { error_type: 'no_space_left' },
    });
    expect((await register(runtime, { file: one })).body.success).toBe(true);
    expect(await readdir(join(runtime.home, '.skills'))).toEqual(['greeter']);
  });

  it('serves many that register one name at once', async () => {
    await using runtime = await testRuntime();
    const bodies = Array.from({ length: 8 }, (_, n) => zipOf([{ name: 'SKILL.md', content: skillText('one', `Version ${n}`) }]));
    const answers = await Promise.all(bodies.map((file) => register(runtime, { file })));
    expect(answers.map(({ body }) => body.success)).toEqual(Array.from({ length: 8 }, () => true));
    expect(await readdir(join(runtime.home, '.skills'))).toEqual(['one']);
    expect(await names(runtime)).toEqual(['one']);
  });
});

describe('POST /v1/skills/register with a path', () => {
  it('registers the skills that are there, as form, as JSON, and as plain form', async () => {
    await using runtime = await testRuntime();
    await writeSkill(join(runtime.home, 'skills/a'), skillText('a'));
    await writeSkill(join(runtime.home, 'skills/group/b'), skillText('b'));
    await writeSkill(join(runtime.home, 'skills/.hidden'), skillText('hidden'));
    await writeSkill(join(runtime.home, 'skills/node_modules/c'), skillText('c'));
    await symlink(join(runtime.home, 'skills'), join(runtime.home, 'skills/loop'));
    const { body } = await register(runtime, { path: 'skills/group' });
    expect(body.data).toMatchObject({ count: 1, registered: [{ name: 'b', path: join(runtime.home, 'skills/group/b') }] });
    const json = await runtime.post<Registered>(REGISTER, { path: join(runtime.home, 'skills/a'), name: null });
    expect(json.body.data.registered.map(({ name }) => name)).toEqual(['a']);
    const plain = await runtime.app.inject({
      method: 'POST',
      url: REGISTER,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'path=~%2Fskills%2Fa&name=renamed',
    });
    expect(plain.json<{ data: Registered }>().data.registered[0]).toMatchObject({ name: 'renamed', metadata: { name: 'a' } });
    expect(await names(runtime)).toEqual(['a', 'b', 'renamed']);
  });

  it('tells what is wrong with a path', async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, 'file'), 'x');
    await mkdir(join(runtime.home, 'empty'));
    const types = await Promise.all(
      ['nothing', 'file', 'empty'].map(async (path) => (await register(runtime, { path })).body.data.error_type),
    );
    expect(types).toEqual(['not_found', 'invalid_target', 'not_found']);
  });

  const refused = [
    ['nothing', {}],
    ['empty fields', { path: '', name: '' }],
    ['a name that leads out', { path: 'x', name: '../x' }],
    ['a name with a slash', { path: 'x', name: 'a/b' }],
    ['a path of a number', { path: 5 }],
    ['a path with NUL', { path: 'a\0b' }],
    ['a path without end', { path: 'x'.repeat(5000) }],
    ['a list', []],
    ['a file as text', { file: 'abc' }],
  ] as const;
  it.for(refused)('refuses %s in the documented list form', async ([, body]) => {
    await using runtime = await testRuntime();
    const answer = await runtime.app.inject({ method: 'POST', url: REGISTER, payload: body });
    expect([answer.statusCode, Array.isArray(answer.json<{ detail: unknown }>().detail)]).toEqual([422, true]);
  });

  it('refuses a call without any body, and a form of another kind', async () => {
    await using runtime = await testRuntime();
    expect((await runtime.app.inject({ method: 'POST', url: REGISTER })).statusCode).toBe(422);
    const text = await runtime.app.inject({
      method: 'POST',
      url: REGISTER,
      headers: { 'content-type': 'application/xml' },
      payload: 'x',
    });
    expect(text.statusCode).toBe(415);
    const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
    const broken = await runtime.app.inject({ method: 'POST', url: REGISTER, headers, payload: `--${BOUNDARY}\r\nnonsense` });
    expect(broken.statusCode).toBeGreaterThanOrEqual(400);
    expect(broken.statusCode).toBeLessThan(500);
  });
});

describe('dependencies', () => {
  it('are installed by pip and npm in the skill, and a failing one is told of', async () => {
    const PATH = await pathWith({
      python3: 'echo "python3 $* in $PWD break=$PIP_BREAK_SYSTEM_PACKAGES"',
      npm: 'echo "npm $*"; echo broken >&2; exit 7',
    });
    await using runtime = await testRuntime({ PATH });
    const directory = await writeSkill(join(runtime.home, 's'), skillText('s'));
    await writeFile(join(directory, 'requirements.txt'), 'x==1');
    await writeFile(join(directory, 'package.json'), '{}');
    const { body } = await register(runtime, { path: directory });
    expect(body).toMatchObject({ success: true, hint: expect.stringContaining('s') });
    const [pip, npm] = body.data.registered[0]?.dependency_commands ?? [];
    expect([pip?.success, pip?.command.slice(0, 4)]).toEqual([true, ['python3', '-m', 'pip', 'install']]);
    expect(pip?.stdout).toContain(`in ${directory} break=1`);
    expect([npm?.success, npm?.stderr]).toEqual([false, 'broken\n']);
    expect(npm?.command).toContain('--ignore-scripts');
    const { body: listed } = await runtime.call<{ skills: SkillMetadata[] }>('GET', '/v1/skills/metadatas?names=s');
    expect(listed.data.skills[0]?.dependency_commands).toHaveLength(2);
  });

  it('have a time, after which the skill is there without them', async () => {
    const PATH = await pathWith({ npm: 'sleep 1000' });
    await using runtime = await testRuntime({ PATH, SANDFLEET_SKILL_INSTALL_SECONDS: '1' });
    const directory = await writeSkill(join(runtime.home, 's'), skillText('s'));
    await writeFile(join(directory, 'package.json'), '{}');
    const { body } = await register(runtime, { path: directory });
    expect(body.data.registered[0]?.dependency_commands[0]).toMatchObject({
      success: false,
      stderr: expect.stringContaining('too long'),
    });
    expect(await names(runtime)).toEqual(['s']);
  });

  it('are not waited for when the server ends', async () => {
    const PATH = await pathWith({ npm: 'echo started >"$HOME/started"; sleep 1000' });
    const runtime = await testRuntime({ PATH });
    const directory = await writeSkill(join(runtime.home, 's'), skillText('s'));
    await writeFile(join(directory, 'package.json'), '{}');
    const call = register(runtime, { path: directory });
    while (!(await readdir(runtime.home)).includes('started')) await new Promise((done) => setTimeout(done, 20));
    await runtime[Symbol.asyncDispose]();
    expect((await call).body.data.registered[0]?.dependency_commands[0]?.success).toBe(false);
  });
});

describe('the registry', () => {
  const missing = { status: 404, body: { success: false, message: 'Skill not found', data: null } };

  it('lists by names and says which are not there', async () => {
    await using runtime = await testRuntime();
    for (const name of ['b', 'a', 'c'])
      await register(runtime, { path: await writeSkill(join(runtime.home, name), skillText(name)) });
    const { body } = await runtime.call<{ skills: SkillMetadata[] }>('GET', '/v1/skills/metadatas?names=c,%20a,x');
    expect(body.data.skills.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(body.hint).toBe('Not registered: x');
    expect((await runtime.call<{ skills: unknown[] }>('GET', '/v1/skills/metadatas?names=')).body.data.skills).toHaveLength(3);
  });

  it('answers 404 for a name that is not there', async () => {
    await using runtime = await testRuntime();
    expect(await runtime.call('GET', '/v1/skills/x/content')).toEqual(missing);
    expect(await runtime.call('DELETE', '/v1/skills/x')).toEqual(missing);
    expect(await runtime.call('GET', '/v1/skills/..%2F..%2Fetc/content')).toEqual(missing);
  });

  it('removes what came by an archive, and leaves what was there', async () => {
    await using runtime = await testRuntime();
    await register(runtime, { file: one });
    await register(runtime, { path: await writeSkill(join(runtime.home, 'mine'), skillText('mine')) });
    expect((await runtime.call('DELETE', '/v1/skills/greeter')).body.data).toMatchObject({ name: 'greeter' });
    expect(await readdir(join(runtime.home, '.skills'))).toEqual([]);
    await register(runtime, { file: one });
    expect((await runtime.call('DELETE', '/v1/skills')).body.data).toEqual({ count: 2, names: ['greeter', 'mine'] });
    expect(await readdir(join(runtime.home, '.skills'))).toEqual([]);
    expect(await readdir(join(runtime.home, 'mine'))).toEqual(['SKILL.md']);
    expect(await names(runtime)).toEqual([]);
  });

  it('reads instructions as they are now, and says when they are gone', async () => {
    await using runtime = await testRuntime();
    const directory = await writeSkill(join(runtime.home, 'a'), skillText('a'));
    await register(runtime, { path: directory });
    await writeSkill(directory, 'changed');
    expect((await runtime.call<{ content: string }>('GET', '/v1/skills/a/content')).body.data.content).toBe('changed');
    await rm(directory, { recursive: true });
    const { status, body } = await runtime.call('GET', '/v1/skills/a/content');
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ success: false, data: expect.objectContaining({ error_type: 'not_found', content: '' }) }),
    ]);
  });

  it('knows the skills of the start: those of AIO_SKILLS_PATH, and those of an earlier run', async () => {
    await using first = await testRuntime();
    await register(first, { file: one, name: 'kept' });
    const given = join(first.home, 'given');
    await writeSkill(join(given, 'good'), skillText('good'));
    await writeSkill(join(given, 'bad'), '---\na: [\n---\n');
    await mkdir(join(first.home, '.skills/.upload-killed'), { recursive: true });
    await using second = await testRuntime({ HOME: first.home, AIO_SKILLS_PATH: given });
    expect(await names(second)).toEqual(['good', 'kept']);
    expect(await readdir(join(first.home, '.skills'))).toEqual(['kept']);
    await second.call('DELETE', '/v1/skills');
    expect([await readdir(join(first.home, '.skills')), (await readdir(given)).sort()]).toEqual([[], ['bad', 'good']]);
  });
});
