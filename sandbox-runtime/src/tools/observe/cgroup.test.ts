import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findCgroup, parseCgroup, readCgroup } from './cgroup.ts';
import { Sampler } from './sampler.ts';

const FILES = {
  'cpu.stat': 'usage_usec 1000000\nuser_usec 600000\nnr_periods 40\nnr_throttled 10\nthrottled_usec 5000\n',
  'cpu.max': '150000 100000\n',
  'memory.current': '900\n',
  'memory.max': '1000\n',
  'memory.stat': 'anon 500\nfile 300\nshmem 20\nslab 60\ninactive_file 250\nactive_file 50\n',
  'memory.events': 'low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n',
};

describe('the cgroup', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'cgroup-test-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  const make = async (path: string, files: Readonly<Record<string, string>> = FILES) => {
    await mkdir(join(root, path), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(root, path, name), text);
  };
  const find = async (membership: string) => {
    await writeFile(join(root, 'membership'), membership);
    return findCgroup(root, join(root, 'membership'));
  };

  it('tells use, limits and what ran out', async () => {
    await make('.');
    expect(parseCgroup(await readCgroup(root))).toEqual({
      cpu_usage_usec: 1_000_000,
      cpu_limit_cores: 1.5,
      cpu_nr_periods: 40,
      cpu_nr_throttled: 10,
      cpu_throttled_usec: 5000,
      mem_current_bytes: 900,
      mem_max_bytes: 1000,
      mem_usage_pct: 90,
      memory_working_set_bytes: 650,
      oom: 2,
      oom_kill: 1,
      memory_anon_bytes: 500,
      memory_file_bytes: 300,
      memory_shmem_bytes: 20,
      memory_slab_bytes: 60,
    });
  });

  it('leaves out what is unlimited or not there', async () => {
    await make('.', { 'cpu.max': 'max 100000\n', 'memory.current': '5\n', 'memory.max': 'max\n' });
    expect(parseCgroup(await readCgroup(root))).toEqual({ cpu_usage_usec: 0, mem_current_bytes: 5 });
  });

  const places: readonly [string, string, string][] = [
    ['the root of a namespace', '0::/\n', '.'],
    ['a cgroup further down', '0::/pods/one\n', 'pods/one'],
    ['the root where the path leads out of the namespace', '0::/../../other\n', '.'],
    ['the root where the path is not mounted', '0::/gone\n', '.'],
    ['the root where the file says nothing of version 2', '4:memory:/x\n', '.'],
  ];
  it.for(places)('is %s', async ([, membership, expected]) => {
    await make('.');
    await make('pods/one');
    expect(await find(membership)).toBe(join(root, expected));
  });

  it('is none where there is no version 2', async () => {
    expect(await find('4:memory:/x\n0::/\n')).toBeUndefined();
    const sample = await new Sampler(['/tmp'], async () => undefined).sample({ disk: false, rows: 0 });
    expect(sample.cgroup).toEqual({ cpu_usage_usec: 0, mem_current_bytes: 0 });
  });

  it('tells the share of CPU from the second look on', async () => {
    await make('.');
    const sampler = new Sampler([], async () => root);
    expect((await sampler.sample({ disk: false, rows: 0 })).cgroup.cpu_usage_pct).toBeUndefined();
    await writeFile(join(root, 'cpu.stat'), 'usage_usec 1001000\n');
    expect((await sampler.sample({ disk: false, rows: 0 })).cgroup.cpu_usage_pct).toBeGreaterThan(0);
  });
});
