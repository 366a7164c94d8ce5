import { describe, expect, it } from 'vitest';

import { MAX_SERVERS, parseServersFile, readServersFile } from './servers-file.ts';

const parse = (servers: unknown) => parseServersFile(JSON.stringify({ mcpServers: servers }), (name) => name === 'browser');

describe('parseServersFile()', () => {
  it('reads commands and addresses', () => {
    const { servers, disabled, problems } = parse({
      time: { command: 'uvx', args: ['mcp-server-time'], env: { A: '1' }, cwd: '/tmp' },
      web: { url: 'https://example.test/mcp', headers: { authorization: 'Bearer x' } },
      old: { type: 'sse', url: 'http://example.test/sse' },
      off: { command: 'x', disabled: true },
    });
    expect(servers.get('time')).toEqual({
      kind: 'command',
      command: 'uvx',
      args: ['mcp-server-time'],
      env: { A: '1' },
      directory: '/tmp',
    });
    expect(servers.get('web')).toMatchObject({ kind: 'url', isSse: false, headers: { authorization: 'Bearer x' } });
    expect(servers.get('old')).toMatchObject({ kind: 'url', isSse: true });
    expect(disabled).toEqual(['off']);
    expect(problems).toEqual([]);
  });

  it.for([
    ['', 'the file is not JSON'],
    ['{"mcpServers": ', 'the file is not JSON'],
    ['[]', 'the file has no mcpServers'],
    ['null', 'the file has no mcpServers'],
  ] as const)('of %j tells that %s', ([text, problem]) => {
    expect(parseServersFile(text, () => false)).toMatchObject({ problems: [problem] });
  });

  it.for([
    ['browser', { command: 'x' }, 'has a server of this name itself'],
    ['a b', { command: 'x' }, 'a name has'],
    ['../x', { command: 'x' }, 'a name has'],
    ['', { command: 'x' }, 'a name has'],
    ['x'.repeat(49), { command: 'x' }, 'a name has'],
    ['a', {}, 'a command or a url'],
    ['a', null, 'a command or a url'],
    ['a', { command: 'x\u0000y' }, 'a command or a url'],
    ['a', { command: 'x', args: 'y' }, 'args is no list'],
    ['a', { command: 'x', args: [1] }, 'args is no list'],
    ['a', { command: 'x', env: { A: 1 } }, 'env has a value'],
    ['a', { command: 'x', cwd: 1 }, 'cwd is no text'],
    ['a', { url: 'file:///etc/passwd' }, 'neither http nor https'],
    ['a', { url: 'nonsense' }, 'the url is none'],
    ['a', { url: 'http://x', headers: { 'a b': 'c' } }, 'a header is none'],
    ['a', { url: 'http://x', headers: { a: 'b\r\nc: d' } }, 'a header is none'],
  ] as const)('refuses %j as %j', ([name, value, problem]) => {
    const { servers, problems } = parse({ good: { command: 'x' }, [name]: value });
    expect([...servers.keys()]).toEqual(['good']);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it('takes so many servers and no more', () => {
    const { servers, problems } = parse(Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`s${n}`, { command: 'x' }])));
    expect(servers.size).toBe(MAX_SERVERS);
    expect(problems.length).toBeLessThanOrEqual(MAX_SERVERS);
  });
});

describe('readServersFile()', () => {
  it.for(['/dev/zero', '/dev'])('reads nothing that has no end, such as %s', async (path) => {
    expect(await readServersFile(path, () => false)).toMatchObject({ problems: ['it is no file'] });
  });
});
