import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { eventually } from '../shell/fixtures.ts';
import { readDisks, toDisk } from './disks.ts';
import { parseStat } from './process-stat.ts';
import { readProcessTable, topProcesses } from './processes.ts';

describe('toDisk()', () => {
  it('counts as df does', () => {
    const stats = { bsize: 4096, blocks: 1000, bfree: 300, bavail: 100, files: 200, ffree: 150 };
    expect(toDisk('/x', stats)).toEqual({
      path: '/x',
      used_bytes: 700 * 4096,
      total_bytes: 1000 * 4096,
      free_bytes: 100 * 4096,
      usage_pct: 87.5,
      inode_used: 50,
      inode_total: 200,
      inode_usage_pct: 25,
    });
  });

  it('tells no inodes where they are not counted, and nothing of an empty file system', () => {
    const stats = { bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
    expect(toDisk('/x', stats)).toEqual({ path: '/x', used_bytes: 0, total_bytes: 0, free_bytes: 0, usage_pct: 0 });
  });
});

describe('readDisks()', () => {
  it('tells each directory once and leaves out what is not there', async () => {
    expect((await readDisks(['/tmp', '/nowhere', '/tmp', '/'])).map(({ path }) => path)).toEqual(['/tmp', '/']);
  });
});

describe('parseStat()', () => {
  const rest = 'S 7 7 7 0 -1 4194560 100 0 0 0 25 5 0 0 20 0 3 0 123456 10000000 2048 18446744073709551615 1 1';
  const expected = { state: 'S', ppid: 7, cpuTicks: 30, threads: 3, startTicks: 123_456, rssPages: 2048 };
  it.for(['bash', 'a) S 1 (b', 'with space', ')', 'line\nbreak'])('reads a process that calls itself %j', (comm) => {
    expect(parseStat(`42 (${comm}) ${rest}`)).toEqual({ pid: 42, comm, ...expected });
  });

  it('makes nothing of a process that has gone', () => expect(parseStat('')).toBeUndefined());
});

describe('topProcesses()', () => {
  it('tells what the process itself knows of itself', async () => {
    const table = await readProcessTable();
    const own = (await topProcesses(table, undefined, 10_000)).find(({ pid }) => pid === process.pid);
    expect(own).toMatchObject({ ppid: process.ppid, state: expect.stringMatching(/^[A-Z]$/) });
    expect(own?.rss_bytes).toBeGreaterThan(1024 * 1024);
    expect(own?.rss_mib).toBeCloseTo((own?.rss_bytes ?? 0) / 1024 / 1024, 1);
    expect(own?.threads).toBeGreaterThan(1);
    expect(own?.fds).toBeGreaterThan(2);
    expect(own?.uptime_sec).toBeGreaterThanOrEqual(0);
    expect(own?.cpu_pct).toBeUndefined();
  });

  it('gives the largest first, and no more than were asked for', async () => {
    const top = await topProcesses(await readProcessTable(), undefined, 3);
    const sizes = top.map(({ rss_bytes }) => rss_bytes);
    expect(top.length).toBeLessThanOrEqual(3);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  it('measures the share of CPU between two looks', async () => {
    const child = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
    const before = await readProcessTable();
    await eventually('a share of CPU', async () => {
      const top = await topProcesses(await readProcessTable(), before, 10_000);
      return (top.find(({ pid }) => pid === child.pid)?.cpu_pct ?? 0) > 0;
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('does not take the time of another process of the same number for its own', async () => {
    const now = await readProcessTable();
    const own = now.processes.get(process.pid);
    const other = own === undefined ? [] : [[process.pid, { ...own, startTicks: own.startTicks - 1, cpuTicks: 0 }] as const];
    const top = await topProcesses(now, { at: now.at - 1000, processes: new Map(other) }, 10_000);
    expect(top.find(({ pid }) => pid === process.pid)?.cpu_pct).toBeUndefined();
  });
});
