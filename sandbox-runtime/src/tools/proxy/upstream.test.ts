import { tmpdir } from 'node:os';

import { describe, expect, it } from 'vitest';

import { authCommand } from './auth-command.ts';
import { parseUpstream, Upstream } from './upstream.ts';

describe('parseUpstream()', () => {
  it.for([
    ['p.test:3128', 'p.test', 3128, undefined, undefined],
    ['http://p.test:3128/', 'p.test', 3128, undefined, undefined],
    ['HTTP://p.test', 'p.test', 80, undefined, undefined],
    ['u:p@p.test:1', 'p.test', 1, 'u', 'p'],
    ['u@p.test:1', 'p.test', 1, 'u', ''],
    ['u:@p.test:1', 'p.test', 1, 'u', ''],
    ['http://u:a%40b%3Ac@[::1]:1', '::1', 1, 'u', 'a@b:c'],
    ['u:a@b:c@p.test:1', 'p.test', 1, 'u', 'a@b:c'],
    ['u:100%@p.test:1', 'p.test', 1, 'u', '100%'],
  ] as const)('%s', ([text, host, port, username, password]) => {
    expect(parseUpstream(text)).toEqual({ host, port, credentials: username === undefined ? undefined : { username, password } });
  });

  it.for([
    '',
    'p.test',
    'p.test:0',
    'p.test:x',
    'https://p.test:1',
    'socks5://p.test:1',
    'http://p.test:1/path',
    'http://p.test:1?x',
    ':p@p.test:1',
    'u:a%0d%0aX: y@p.test:1',
    'u:%00@p.test:1',
    'a%3Ab:c@p.test:1',
    'u:p@*.test:1',
    'u:p@ p.test:1',
  ])('refuses %j', (text) => {
    expect(parseUpstream(text)).toBeUndefined();
  });
});

describe('Upstream', () => {
  it('shows that there is a password and never which', () => {
    const upstream = new Upstream({ host: 'p.test', port: 1, credentials: { username: 'u', password: 'hunter2' } });
    expect(upstream.describe()).toEqual({ addr: 'p.test:1', username: 'u', password: '***' });
    expect(JSON.stringify(upstream)).not.toContain('hunter2');
    expect(new Upstream({ host: '::1', port: 1, credentials: undefined }).describe()).toEqual({ addr: '[::1]:1' });
  });

  it('runs its command once for all who ask at the same time, and not again right after', async () => {
    let runs = 0;
    const run = async () => ({ credentials: { username: 'u', password: String(++runs) } });
    const upstream = new Upstream({ host: 'p.test', port: 1, credentials: undefined }, run);
    expect(await Promise.all([upstream.refresh(), upstream.refresh(), upstream.refresh()])).toEqual([true, true, true]);
    expect(runs).toBe(1);
    expect(await upstream.refresh(upstream.authorization)).toBe(false);
    expect(await upstream.refresh('what was refused before the others came')).toBe(true);
    expect(runs).toBe(1);
  });
});

describe('authCommand()', () => {
  const run = (command: string, signal = new AbortController().signal) =>
    authCommand({ command, env: { PATH: '/usr/bin:/bin' }, directory: tmpdir(), signal })();

  it('takes what the command prints', async () => {
    expect(await run('echo "user:pass:word "')).toEqual({ credentials: { username: 'user', password: 'pass:word ' } });
  });

  it.for([
    ['echo secret >&2; exit 3', 'exit code 3'],
    ['echo secret', 'did not print'],
    ['printf "a:secret\\nb:secret"', 'did not print'],
    ['head -c 100000 /dev/zero | tr "\\0" : ', 'did not print'],
    ['kill -9 $$', 'by a signal'],
    ['true', 'did not print'],
  ] as const)('%s: says what went wrong and repeats nothing of it', async ([command, problem]) => {
    const result = await run(command);
    expect(result).toEqual({ problem: expect.stringContaining(problem) });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('is ended with the proxy', async () => {
    const ending = new AbortController();
    const result = run('sleep 1000', ending.signal);
    ending.abort();
    expect(await result).toEqual({ problem: expect.stringContaining('was ended') });
  });
});
