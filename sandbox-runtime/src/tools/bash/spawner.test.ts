import { readdir, readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { eventually, testBash } from './fixtures.ts';

/** The spawners that this process started. */
async function spawners(): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return stats.flatMap((text) => {
    const [pid] = text.split(' ');
    return new RegExp(`\\(sandfleet-spawn\\) [SRD] ${process.pid} `).test(text) ? [Number(pid)] : [];
  });
}

describe('the spawner', () => {
  it('is not there before the first command, is one for all, and ends with the server', async () => {
    const test = await testBash();
    expect(await spawners()).toEqual([]);
    await Promise.all(Array.from({ length: 5 }, () => test.exec('true')));
    expect((await spawners()).length).toBe(1);
    await test[Symbol.asyncDispose]();
    await eventually('its end', async () => (await spawners()).length === 0);
  });

  it('is replaced when somebody ends it, and takes what ran along', async () => {
    await using test = await testBash();
    const waiting = test.exec('echo up; sleep 300', { session_id: 's' });
    await eventually('it runs', async () => (await test.bash('output', { session_id: 's' })).body.data?.['stdout'] === 'up\n');
    for (const pid of await spawners()) process.kill(pid, 'SIGKILL');
    expect(await waiting).toMatchObject({ status: 'killed', exit_code: 137, stdout: 'up\n' });
    expect((await test.exec('echo again')).stdout).toBe('again\n');
    expect((await spawners()).length).toBe(1);
  });

  it.for(['pkill python', 'pkill python3', 'pkill -f python', 'killall python3'])('survives %s', async (command) => {
    await using test = await testBash();
    await test.exec('true');
    const [before] = await spawners();
    // As a pattern of pgrep: the machine of the test has programs of others.
    const named = await test.exec(command.replace(/^pkill/, 'pgrep').replace(/^killall/, 'pidof'));
    expect(before).toBeDefined();
    expect(named.stdout.split(/\s+/)).not.toContain(String(before));
  });

  it('leaves no descriptor open behind commands', async () => {
    await using test = await testBash();
    await test.exec('true');
    const [pid] = await spawners();
    const open = async () => (await readdir(`/proc/${pid}/fd`)).length + (await readdir('/proc/self/fd')).length;
    const before = await open();
    for (let turn = 0; turn < 20; turn += 1) await test.exec('echo a; sleep 0 & exit 1');
    await test.bash('exec', { command: 'true', env: { A: 'x'.repeat(131_072) } });
    await eventually('all are closed', async () => (await open()) <= before);
  });

  it.for([
    ['Python', { SANDFLEET_PYTHON: 'no-such-python' }],
    ['a program', { SANDFLEET_PYTHON_DIR: '/no/such' }],
    ['an answer', { SANDFLEET_PYTHON: '/bin/true' }],
  ] as const)('is done without where there is no %s', async ([, env]) => {
    await using test = await testBash(env);
    expect(await test.exec('cat; echo err >&2; exit 3', { session_id: 's', async_mode: true })).toMatchObject({
      status: 'running',
    });
    await test.bash('write', { session_id: 's', input: 'in', eof: true });
    await eventually('its end', async () => {
      const { data } = (await test.bash<{ command: { status: string } }>('output', { session_id: 's' })).body;
      return data.command.status === 'completed';
    });
    const { data } = (await test.bash('output', { session_id: 's' })).body;
    expect(data).toMatchObject({ stdout: 'in', stderr: 'err\n', command: { exit_code: 3 } });
    const missing = await test.bash('exec', { command: 'true', session_id: 't', exec_dir: '/no/such' });
    expect(missing.status).toBe(400);
  });
});
