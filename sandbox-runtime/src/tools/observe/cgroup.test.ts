import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findCgroup, parseCgroupV1, readCgroup } from './cgroup.ts';
import { Sampler } from './sampler.ts';

const FILES = {
  'cpu.stat': 'usage_usec 1000000\nuser_usec 600000\nnr_periods 40\nnr_throttled 10\nthrottled_usec 5000\n',
  'cpu.max': '150000 100000\n',
  'memory.current': '900\n',
  'memory.max': '1000\n',
  'memory.stat': 'anon 500\nfile 300\nshmem 20\nslab 60\ninactive_file 250\nactive_file 50\n',
  'memory.events': 'low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n',
};

const V1 = {
  'cpu.stat': 'nr_periods 40\nnr_throttled 10\nthrottled_time 5000999\n',
  'cpu.cfs_quota_us': '150000\n',
  'cpu.cfs_period_us': '100000\n',
  'cpuacct.usage': '1000000999\n',
  'memory.usage_in_bytes': '900\n',
  'memory.limit_in_bytes': '1000\n',
  'memory.stat': 'cache 1\nrss 2\ninactive_file 3\ntotal_cache 300\ntotal_rss 500\ntotal_shmem 20\ntotal_inactive_file 250\n',
  'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
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
    expect(await readCgroup({ version: 2, directory: root })).toEqual({
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
    expect(await readCgroup({ version: 2, directory: root })).toEqual({ cpu_usage_usec: 0, mem_current_bytes: 5 });
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
    expect(await find(membership)).toEqual({ version: 2, directory: join(root, expected) });
  });

  it('is none where there is neither version', async () => {
    expect(await find('4:memory:/x\n0::/\n')).toBeUndefined();
    const sample = await new Sampler(['/tmp'], async () => undefined).sample({ disk: false, rows: 0 });
    expect(sample.cgroup).toEqual({ cpu_usage_usec: 0, mem_current_bytes: 0 });
  });

  it('tells the share of CPU from the second look on', async () => {
    await make('.');
    const sampler = new Sampler([], async () => ({ version: 2, directory: root }));
    expect((await sampler.sample({ disk: false, rows: 0 })).cgroup.cpu_usage_pct).toBeUndefined();
    await writeFile(join(root, 'cpu.stat'), 'usage_usec 1001000\n');
    expect((await sampler.sample({ disk: false, rows: 0 })).cgroup.cpu_usage_pct).toBeGreaterThan(0);
  });

  const makeV1 = async (path: string) => {
    for (const controller of ['memory', 'cpu', 'cpuacct']) await make(join(controller, path), { ...V1, 'cpu.shares': '2\n' });
  };
  const own = (path: string) => ({
    version: 1,
    memory: join(root, 'memory', path),
    cpu: join(root, 'cpu', path),
    cpuacct: join(root, 'cpuacct', path),
  });
  const placesV1: readonly [string, string, string][] = [
    ['where its controllers are mounted for the sandbox alone', '4:memory:/pods/x\n2:cpu,cpuacct:/pods/x\n0::/pods/x\n', '.'],
    ['further down', '4:memory:/pods/one\n2:cpuacct:/pods/one\n1:cpu:/pods/one\n', 'pods/one'],
    ['the root where the path leads out of it', '4:memory:/../x\n1:cpu,cpuacct:/../x\n', '.'],
  ];
  it.for(placesV1)('of version 1 is %s', async ([, membership, expected]) => {
    await makeV1('.');
    await makeV1('pods/one');
    expect(await find(membership)).toEqual(own(expected));
  });

  it('of version 1 tells the same', async () => {
    await makeV1('.');
    const place = await find('4:memory:/\n');
    if (place === undefined) throw new Error('there is no cgroup');
    expect(await readCgroup(place)).toEqual({
      cpu_usage_usec: 1_000_000,
      cpu_limit_cores: 1.5,
      cpu_nr_periods: 40,
      cpu_nr_throttled: 10,
      cpu_throttled_usec: 5000,
      mem_current_bytes: 900,
      mem_max_bytes: 1000,
      mem_usage_pct: 90,
      memory_working_set_bytes: 650,
      oom_kill: 1,
      memory_anon_bytes: 500,
      memory_file_bytes: 300,
      memory_shmem_bytes: 20,
    });
  });

  it.for(['9223372036854771712', ''])('of version 1 has no limit where its file says %j', (limit) => {
    const files = {
      'memory.usage_in_bytes': '5\n',
      'memory.limit_in_bytes': `${limit}\n`,
      'cpu.cfs_quota_us': '-1\n',
      'cpu.cfs_period_us': '100000\n',
    };
    expect(parseCgroupV1(files)).toEqual({ cpu_usage_usec: 0, mem_current_bytes: 5 });
  });
});
