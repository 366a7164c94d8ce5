import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { eventually } from './fixtures.ts';
import { testTerminals, type TestTerminals } from './terminal-fixtures.ts';

type Sessions = Record<string, { readonly status: string; readonly working_dir: string; readonly current_command?: string }>;

const sessionsOf = async (runtime: TestTerminals): Promise<Sessions> =>
  (await runtime.call<{ sessions: Sessions }>('GET', '/v1/shell/sessions')).body.data.sessions;

describe('a terminal', () => {
  it('greets, shows a prompt, and runs what is typed', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    await client.sees('prompt> ');
    expect(client.messages.slice(0, 2)).toEqual([
      { type: 'session_id', data: expect.stringMatching(/^[\w-]{36}$/) },
      { type: 'ready', data: 'Terminal ready' },
    ]);
    client.enter('echo $((6 * 7)) ü€😀');
    await client.sees('\r\n42 ü€😀\r\n');
    expect(Object.keys(await sessionsOf(runtime))).toEqual([client.id()]);
  });

  it('is a shell for people: it reads ~/.bashrc, controls jobs, and takes Ctrl-C and Ctrl-Z', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    client.enter('greet');
    await client.sees('\r\nfrom-bashrc\r\n');
    client.enter('cd /usr; cat');
    await eventually('cat in front', async () => (await sessionsOf(runtime))[client.id()]?.current_command === 'cat');
    expect((await sessionsOf(runtime))[client.id()]).toMatchObject({ status: 'busy', working_dir: '/usr' });
    client.send({ type: 'input', data: '\u001a' });
    await client.sees(/Stopped +cat/);
    client.enter('fg');
    await eventually('cat again', async () => (await sessionsOf(runtime))[client.id()]?.status === 'busy');
    client.send({ type: 'input', data: '\u0003' });
    await eventually('the prompt', async () => (await sessionsOf(runtime))[client.id()]?.status === 'ready');
    client.enter('echo code $?');
    await client.sees('\r\ncode 130\r\n');
  });

  it('has nothing of the server: no descriptors, no secrets, no settings', async () => {
    await using runtime = await testTerminals({ SANDFLEET_SANDBOX: 'x', SHELL_TERMINAL_IDLE_SECONDS: '77' });
    await using other = await testTerminals();
    await other.connect();
    const client = await runtime.connect();
    client.enter('env >e; ls -l /proc/$$/fd >f; echo done-$?');
    await client.sees('done-0');
    expect(await readFile(join(runtime.home, 'e'), 'utf8')).not.toMatch(/SANDFLEET|SHELL_TERMINAL|JWT|PUBLIC_PORT/);
    const open = (await readFile(join(runtime.home, 'f'), 'utf8')).split('\n').filter((line) => line.includes('->'));
    expect(open.filter((line) => !/ (?:0|1|2|255) -> \/dev\/pts\/\d+$/.test(line))).toEqual([]);
  });

  it('takes the size that it is told, within bounds', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    client.enter('stty size');
    await client.sees('\r\n24 80\r\n');
    client.send({ type: 'resize', data: { cols: 132, rows: 43 } });
    client.enter('stty size');
    await client.sees('\r\n43 132\r\n');
    const bad = [
      { cols: 0, rows: 1 },
      { cols: 1, rows: 1001 },
      { cols: -1, rows: 5 },
      { cols: 1.5, rows: 5 },
      { cols: '80', rows: 5 },
    ];
    for (const data of [...bad, { cols: 80 }, null, 'x', [80, 24]]) client.send({ type: 'resize', data });
    await eventually('the refusals', () => client.messages.filter(({ type }) => type === 'error').length === bad.length + 4);
    client.enter('stty size; echo end');
    await client.sees('\r\nend\r\n');
    expect(client.screen().match(/43 132/g)).toHaveLength(2);
  });

  it('answers pings of both kinds', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    const pong = new Promise<Buffer>((resolve) => client.socket.once('pong', resolve));
    client.socket.ping(Buffer.from('abc'));
    expect((await pong).toString()).toBe('abc');
    client.send({ type: 'ping', timestamp: 5 });
    await eventually('a pong', () => client.messages.some(({ type }) => type === 'pong'));
    for (const message of [{ data: { timestamp: 1 } }, { timestamp: 1 }, {}]) client.send({ type: 'pong', ...message });
    client.enter('echo still-$((1 + 1))');
    await client.sees('still-2');
    expect(client.messages.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it('stays when its client goes, and shows the next one what was there', async () => {
    await using runtime = await testTerminals();
    const first = await runtime.connect();
    first.enter('x=kept; echo before-$((1 + 1))');
    await first.sees('before-2');
    first.socket.terminate();
    const second = await runtime.connect(first.id());
    expect(second.id()).toBe(first.id());
    await second.sees('before-2');
    second.enter('echo $x-$((2 + 2))');
    await second.sees('kept-4');
    expect(Object.keys(await sessionsOf(runtime))).toHaveLength(1);
  });

  it('is shared by those who look at the same time', async () => {
    await using runtime = await testTerminals();
    const first = await runtime.connect();
    const second = await runtime.connect(first.id());
    second.enter('echo both-$((1 + 1))');
    await Promise.all([first.sees('both-2'), second.sees('both-2')]);
  });

  it('ends when nobody has looked at it for the time that is set', async () => {
    await using runtime = await testTerminals({ SHELL_TERMINAL_IDLE_SECONDS: '1' });
    const stays = await runtime.connect();
    const goes = await runtime.connect();
    goes.socket.close();
    await eventually('one session', async () => Object.keys(await sessionsOf(runtime)).length === 1);
    expect(Object.keys(await sessionsOf(runtime))).toEqual([stays.id()]);
    const late = await runtime.connect(goes.id());
    expect(late.messages[0]).toEqual({ type: 'error', data: 'Session not found' });
  });

  it('tells its clients when its shell ends, and is gone then', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    client.enter('exit');
    expect(await client.closed).toEqual([1000, 'The shell has ended.']);
    expect(await sessionsOf(runtime)).toEqual({});
  });

  it('is closed with everything in it by DELETE', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    client.enter('sleep 300 & echo $! >pid; nohup sleep 301 & cat');
    await eventually('cat', async () => (await sessionsOf(runtime))[client.id()]?.current_command === 'cat');
    const pid = (await readFile(join(runtime.home, 'pid'), 'utf8')).trim();
    expect((await runtime.call('DELETE', `/v1/shell/sessions/${client.id()}`)).status).toBe(200);
    expect((await client.closed)[0]).toBe(1000);
    await eventually('nothing left', () =>
      readFile(`/proc/${pid}/stat`).then(
        () => false,
        () => true,
      ),
    );
  });
});

describe('a terminal session for the API', () => {
  it('comes with its URL, to which a socket can connect', async () => {
    await using runtime = await testTerminals();
    const { body } = await runtime.call<string>('GET', '/v1/shell/terminal-url');
    const [, id = ''] = /^http:\/\/localhost:80\/terminal\?session_id=([\w-]{36})$/.exec(body.data) ?? [];
    expect(Object.keys(await sessionsOf(runtime))).toEqual([id]);
    const client = await runtime.connect(id);
    await client.sees('prompt> ');
    const answer = await runtime.app.inject({
      url: '/v1/shell/terminal-url',
      headers: { 'x-forwarded-host': 'box.example', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/s/abc' },
    });
    expect(answer.json<{ data: string }>().data).toMatch(/^https:\/\/box\.example\/s\/abc\/terminal\?session_id=/);
  });

  it('can be typed into, viewed, waited for and stopped, and refuses commands with a word on what to do', async () => {
    await using runtime = await testTerminals();
    const { id } = { id: (await runtime.connect()).id() };
    const post = (path: string, body: object = {}) => runtime.post<Record<string, unknown>>(`/v1/shell/${path}`, { id, ...body });
    const refused = await post('exec', { command: 'true' });
    expect([refused.status, refused.body.success, refused.body.message]).toEqual([409, false, expect.stringMatching(/terminal/)]);
    expect((await post('sessions/update', { no_change_timeout: 1 })).status).toBe(409);
    expect((await post('sessions/create')).body.data).toEqual({ session_id: id, working_dir: runtime.home });
    await post('write', { input: 'sleep 300', press_enter: true });
    await eventually('sleep', async () => (await post('view')).body.data['command'] === 'sleep 300');
    expect((await post('view')).body.data).toMatchObject({ status: 'running', session_id: id, console: [] });
    expect((await post('wait', { seconds: 0 })).body.data).toEqual({ status: 'running' });
    const waiting = post('wait', { seconds: 60 });
    expect((await post('kill')).body.data).toEqual({ status: 'terminated' });
    expect((await waiting).body.data).toEqual({ status: 'completed' });
    await post('write', { input: 'echo code-$?', press_enter: true });
    await eventually('the code', async () => String((await post('view')).body.data['output']).includes('code-130'));
  });

  it('is stopped by force where Ctrl-C is ignored', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    client.enter(`bash -c 'trap "" INT TERM; echo be""gun; while :; do sleep 1; done'`);
    await client.sees('begun');
    await runtime.post('/v1/shell/kill', { id: client.id() });
    client.enter('echo code-$?');
    await client.sees('code-137');
  });

  it('does not make room for others while somebody looks at it', async () => {
    await using runtime = await testTerminals({ MAX_SHELL_SESSIONS: '1' });
    const client = await runtime.connect();
    const refused = await runtime.post('/v1/shell/exec', { command: 'true' });
    expect(refused.status).toBe(429);
    const second = await runtime.connect();
    expect(second.messages).toEqual([{ type: 'error', data: 'All 1 shell sessions are busy.' }]);
    client.socket.close();
    await eventually('room', async () => (await runtime.post('/v1/shell/exec', { command: 'true' })).status === 200);
  });
});

describe('a session for commands, looked at', () => {
  it('shows what was run and what runs, and types into that', async () => {
    await using runtime = await testTerminals();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    await runtime.post('/v1/shell/exec', { id: 's', command: 'echo one' });
    const client = await runtime.connect('s');
    await client.sees(/\$ echo one\r\none\r\n$/);
    client.enter('nobody reads this');
    await runtime.post('/v1/shell/exec', { id: 's', command: 'read x; echo "got $x"', async_mode: true });
    await client.sees(/\$ read x; echo "got \$x"\r\n$/);
    await eventually('it reads', async () => {
      client.enter('word');
      return client.screen().includes('got ');
    });
    await client.sees('got word\r\n');
    client.send({ type: 'resize', data: { cols: 20, rows: 5 } });
    const { data } = (await runtime.post<{ output: string }>('/v1/shell/exec', { id: 's', command: 'stty size' })).body;
    expect(data.output).toBe('50 160\n');
  });
});
