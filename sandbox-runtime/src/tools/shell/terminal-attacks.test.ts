import { describe, expect, it } from 'vitest';

import { eventually } from './fixtures.ts';
import { testTerminals } from './terminal-fixtures.ts';

const MEGABYTE = 1024 * 1024;

describe('a hostile or broken client of a terminal', () => {
  const noMessages: readonly [string, string | Buffer][] = [
    ['no JSON', 'ls'],
    ['half a message', '{"type":"input"'],
    ['nothing', ''],
    ['JSON that is no object', '"input"'],
    ['null', 'null'],
    ['a list', '[{"type":"input","data":"x"}]'],
    ['an unknown type', '{"type":"exec","data":"x"}'],
    ['no type', '{"data":"x"}'],
    ['a type of the server', '{"type":"output","data":"x"}'],
    ['input without data', '{"type":"input"}'],
    ['input that is a number', '{"type":"input","data":1}'],
    ['input that is a list', '{"type":"input","data":["x"]}'],
    ['a prototype', '{"__proto__":{"type":"input","data":"x"}}'],
    ['deep nesting', '['.repeat(100_000)],
    ['bytes', Buffer.from([0, 1, 2])],
    ['a message as bytes', Buffer.from('{"type":"input","data":"echo x\\r"}')],
  ];
  it('is told what is no message, and goes on', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    for (const [index, [what, frame]] of noMessages.entries()) {
      client.socket.send(frame);
      await eventually(`an answer to ${what}`, () => client.messages.filter(({ type }) => type === 'error').length === index + 1);
    }
    client.enter('echo fine-$((1 + 1))');
    await client.sees('fine-2');
  });

  it('is closed after too much of it, and its session stays', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    for (let turn = 0; turn < 100; turn += 1) client.socket.send('garbage');
    expect((await client.closed)[0]).toBe(1008);
    const again = await runtime.connect(client.id());
    again.enter('echo fine-$((1 + 1))');
    await again.sees('fine-2');
  });

  it('is closed for a message that is too large', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    client.send({ type: 'input', data: 'x'.repeat(MEGABYTE) });
    expect((await client.closed)[0]).toBe(1009);
    expect((await runtime.app.inject({ url: '/v1/ping' })).statusCode).toBe(200);
  });

  const strangers = ['nobody', '../../etc/passwd', 'x'.repeat(5000), '__proto__', '%00', ' '];
  it.for(strangers)('gets an error and an end for the id %s', async (id) => {
    await using runtime = await testTerminals();
    const client = await runtime.connect(id);
    expect(client.messages).toEqual([{ type: 'error', data: 'Session not found' }]);
    expect(await client.closed).toEqual([1008, 'Session not found']);
    expect((await runtime.call<{ sessions: object }>('GET', '/v1/shell/sessions')).body.data.sessions).toEqual({});
  });

  it('gets no more connections than there may be, to one session and in all', async () => {
    await using runtime = await testTerminals({ MAX_TERMINAL_SOCKETS: '10' });
    const first = await runtime.connect();
    for (let turn = 1; turn < 8; turn += 1) expect((await runtime.connect(first.id())).id()).toBe(first.id());
    const ninth = await runtime.connect(first.id());
    expect([ninth.messages[0]?.data, (await ninth.closed)[0]]).toEqual(['Too many connections to this session.', 1013]);
    await runtime.connect();
    await runtime.connect();
    const eleventh = await runtime.connect();
    expect([eleventh.messages[0]?.data, (await eleventh.closed)[0]]).toEqual(['Too many terminals are open.', 1013]);
    first.socket.close();
    await eventually('a place', async () => {
      const next = await runtime.connect(first.id());
      return next.id() === first.id();
    });
  });

  it('that does not read makes the writer wait, and loses nothing', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    await client.sees('prompt> ');
    client.socket.pause();
    client.enter('for i in {1..600000}; do echo "line $i"; done; echo end-$((1 + 1))');
    const before = process.memoryUsage().rss;
    const progress = async () => {
      const view = await runtime.post<{ output: string }>('/v1/shell/view', { id: client.id() });
      return view.body.data.output.slice(-30);
    };
    // It is held once two looks at the terminal find it where it was.
    let last = '';
    await eventually('the stop', async () => {
      const now = await progress();
      const isSame = now === last && now.includes('line');
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return isSame;
    });
    expect(last).not.toContain('end-2');
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MEGABYTE);
    client.socket.resume();
    await client.sees('end-2');
    const lines = client.screen().match(/line \d+\r\n/g) ?? [];
    expect(lines.length).toBe(600_000);
    expect(lines.every((line, index) => line === `line ${index + 1}\r\n`)).toBe(true);
  });

  it('that floods with pings and reads no answer does not fill the memory', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    client.socket.pause();
    const before = process.memoryUsage().rss;
    for (let turn = 0; turn < 100_000; turn += 1) {
      client.socket.ping(Buffer.alloc(125));
      if (turn % 10 === 0) client.send({ type: 'ping', timestamp: turn });
      if (turn % 1000 === 0) await eventually('the flood sent', () => client.socket.bufferedAmount < MEGABYTE);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MEGABYTE);
    const other = await runtime.connect();
    other.enter('echo fine-$((1 + 1))');
    await other.sees('fine-2');
  });

  it('that types more than a program reads is made to wait', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    client.enter('stty raw -echo; echo be""gun; head -c 8000000 | md5sum; stty sane');
    await client.sees('begun');
    for (let turn = 0; turn < 80; turn += 1) client.send({ type: 'input', data: 'x'.repeat(100_000) });
    // md5 of eight million times x: all of it arrived, once and in order.
    await client.sees(/[0-9a-f]{32} {2}-/);
    const { createHash } = await import('node:crypto');
    expect(client.screen()).toContain(createHash('md5').update('x'.repeat(8_000_000)).digest('hex'));
  });
});
