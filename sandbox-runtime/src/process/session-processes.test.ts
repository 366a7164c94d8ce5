import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { parseStat, sessionProcesses, signalProcess } from './session-processes.ts';

describe('parseStat()', () => {
  it.for([
    [
      '1375 (bash) S 1354 1375 77 34816 1375 4194304 363 0 0 0 0 0 0 0 20 0 1 0 560626 4464640',
      { pid: 1375, session: 77, startedAt: 5606.26 },
    ],
    ['9 (a) b (c)) R 1 9 8 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 1', { pid: 9, session: 8, startedAt: 1 }],
  ] as const)('reads %j', ([text, stat]) => {
    expect(parseStat(text)).toEqual(stat);
  });
});

describe('sessionProcesses()', () => {
  it('finds what belongs to a session, and of that what is young', async () => {
    const leader = spawn('sh', ['-c', 'sleep 300 & echo; read x; sleep 301 & echo; wait'], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { pid } = leader;
    if (pid === undefined) throw new Error('sh did not start');
    await once(leader.stdout, 'data');
    const [old] = await sessionProcesses(pid);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const since = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 100));
    leader.stdin.end('\n');
    await once(leader.stdout, 'data');
    const all = await sessionProcesses(pid);
    expect(all).toHaveLength(2);
    expect(await sessionProcesses(pid, since)).toEqual(all.filter((id) => id !== old));
    for (const id of [...all, pid]) signalProcess(id, 'SIGKILL');
    await once(leader, 'exit');
    signalProcess(pid, 'SIGKILL');
  });
});

describe('signalProcess()', () => {
  it('passes over what has become another user’s', async () => {
    const module = new URL('session-processes.ts', import.meta.url).href;
    // A signal that does nothing to init, should it arrive. Not SIGCONT: within its session anybody may send that.
    const script = `import(${JSON.stringify(module)}).then(({ signalProcess }) => {
      if (process.getuid() === 0) process.setuid(65534);
      try { process.kill(1, 'SIGWINCH'); } catch ({ code }) { console.log(code); }
      signalProcess(1, 'SIGWINCH');
      console.log('went on');
    })`;
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    await once(child, 'close');
    expect(Buffer.concat(said).toString()).toBe('EPERM\nwent on\n');
  });
});
