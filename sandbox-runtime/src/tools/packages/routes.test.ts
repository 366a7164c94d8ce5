import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import type { Package } from './package-list.ts';
import { parseListing } from './python.ts';

const exec = promisify(execFile);
const list = async (runtime: TestRuntime, language: string) =>
  (await runtime.call<Package[]>('GET', `/v1/sandbox/packages/${language}`)).body;

/** A program that stands in for python3 and says what it is told to. */
async function fakePython(folder: string, script: string): Promise<string> {
  await writeFile(join(folder, 'python3'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'python3'), 0o755);
  return `${folder}:/usr/bin:/bin`;
}

describe('GET /v1/sandbox/packages/python', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'packages-test-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const distribution = async (name: string, version: string) => {
    const path = join(folder, 'lib', `${name}-${version}.dist-info`);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  };

  it('lists what Python finds, by name, and sees at once what is installed and removed', async () => {
    await distribution('zeta-demo', '1.0');
    await distribution('Alpha_Demo', '2.5rc1');
    await using runtime = await testRuntime({ PYTHONPATH: join(folder, 'lib') });
    const demos = async () => (await list(runtime, 'python')).data.filter(({ name }) => /demo/i.test(name));
    expect(await demos()).toEqual([
      { name: 'Alpha_Demo', version: '2.5rc1' },
      { name: 'zeta-demo', version: '1.0' },
    ]);
    await distribution('beta.demo', '3');
    expect((await demos()).map(({ name }) => name)).toEqual(['Alpha_Demo', 'beta.demo', 'zeta-demo']);
    await rm(join(folder, 'lib/zeta-demo-1.0.dist-info'), { recursive: true });
    expect((await demos()).map(({ name }) => name)).toEqual(['Alpha_Demo', 'beta.demo']);
  });

  it('is not held up by packages that are broken', async () => {
    await distribution('good-demo', '1.0');
    await distribution('~ld-demo', '1.0');
    await mkdir(join(folder, 'lib/empty_demo-1.0.dist-info'));
    await mkdir(join(folder, 'lib/half_demo-1.0.dist-info'));
    await writeFile(join(folder, 'lib/half_demo-1.0.dist-info/METADATA'), 'Name: half-demo\n');
    await using runtime = await testRuntime({ PYTHONPATH: join(folder, 'lib') });
    const { success, data } = await list(runtime, 'python');
    expect([success, data.filter(({ name }) => /demo/i.test(name))]).toEqual([true, [{ name: 'good-demo', version: '1.0' }]]);
  });

  it('asks Python once for calls that come together', async () => {
    const PATH = await fakePython(
      folder,
      `echo x >>${folder}/calls; sleep 0.2; echo '{"packages":[{"name":"a","version":"1"}],"places":[]}'`,
    );
    await using runtime = await testRuntime({ PATH });
    const answers = await Promise.all([1, 2, 3].map(() => list(runtime, 'python')));
    expect(answers.map(({ data }) => data)).toEqual(Array.from({ length: 3 }, () => [{ name: 'a', version: '1' }]));
    await list(runtime, 'python');
    expect((await exec('wc', ['-l', join(folder, 'calls')])).stdout).toMatch(/^1 /);
  });

  const broken: readonly [string, string][] = [
    ['fails', 'exit 1'],
    ['says no JSON', 'echo hello'],
    ['says too much', 'head -c 10000000 /dev/zero'],
  ];
  it.for(broken)('says so when Python %s', async ([, script]) => {
    await using runtime = await testRuntime({ PATH: await fakePython(folder, script) });
    expect(await list(runtime, 'python')).toMatchObject({ success: false, data: [] });
  });

  it('ends a Python that hangs when the server closes', async () => {
    const PATH = await fakePython(folder, `echo $$ >${folder}/pid; sleep 1000`);
    let answer: Promise<{ success: boolean }>;
    {
      await using runtime = await testRuntime({ PATH });
      answer = list(runtime, 'python');
      while (
        !(await exec('test', ['-s', join(folder, 'pid')]).then(
          () => true,
          () => false,
        ))
      );
    }
    expect((await answer).success).toBe(false);
  });
});

describe('parseListing()', () => {
  it('takes one of several versions, the first, and nothing that is no package', () => {
    const packages = [
      { name: 'My_Package', version: '2' },
      { name: 'my.package', version: '1' },
      { name: 'x', version: null },
      { name: 7, version: '1' },
      { name: 'long', version: '1'.repeat(300) },
      null,
      'text',
    ];
    expect(parseListing(JSON.stringify({ packages, places: ['/a', 1] }))).toEqual({
      packages: [{ name: 'My_Package', version: '2' }],
      places: ['/a'],
    });
  });
});

describe('GET /v1/sandbox/packages/nodejs', () => {
  const manifest = async (folder: string, content: unknown) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), typeof content === 'string' ? content : JSON.stringify(content));
  };

  it("lists the user's global packages, scopes and links too, before those of the system", async () => {
    await using runtime = await testRuntime();
    const root = join(runtime.home, '.npm-global/lib/node_modules');
    await manifest(join(root, 'zeta'), { name: 'zeta', version: '1.2.3' });
    await manifest(join(root, '@demo/inner'), { name: '@demo/inner', version: '0.1.0' });
    await manifest(join(runtime.home, 'project'), { name: 'linked', version: '9.9.9' });
    await symlink(join(runtime.home, 'project'), join(root, 'linked'));
    await manifest(join(root, 'npm'), { name: 'npm', version: '0.0.1-mine' });
    await mkdir(join(root, '.bin'));
    const { data } = await list(runtime, 'nodejs');
    expect(data.filter(({ name }) => ['zeta', '@demo/inner', 'linked', 'npm'].includes(name))).toEqual([
      { name: '@demo/inner', version: '0.1.0' },
      { name: 'linked', version: '9.9.9' },
      { name: 'npm', version: '0.0.1-mine' },
      { name: 'zeta', version: '1.2.3' },
    ]);
  });

  it('is not held up by what the user put in the place of a manifest', async () => {
    await using runtime = await testRuntime();
    const root = join(runtime.home, '.npm-global/lib/node_modules');
    await mkdir(join(root, 'pipe'), { recursive: true });
    await exec('mkfifo', [join(root, 'pipe/package.json')]);
    await mkdir(join(root, 'device'));
    await symlink('/dev/zero', join(root, 'device/package.json'));
    await mkdir(join(root, 'huge'));
    await exec('truncate', ['-s', '1T', join(root, 'huge/package.json')]);
    await mkdir(join(root, 'loop'));
    await symlink('package.json', join(root, 'loop/package.json'));
    await manifest(join(root, 'text'), 'no json');
    await manifest(join(root, 'list'), [1]);
    await manifest(join(root, 'number'), { version: 1 });
    await writeFile(join(root, 'file'), 'x');
    await manifest(join(root, 'good'), { version: '1.0.0' });
    const { data } = await list(runtime, 'nodejs');
    const odd = new Set(['pipe', 'device', 'huge', 'loop', 'text', 'list', 'number', 'file', 'good']);
    expect(data.filter(({ name }) => odd.has(name))).toEqual([{ name: 'good', version: '1.0.0' }]);
  });
});
