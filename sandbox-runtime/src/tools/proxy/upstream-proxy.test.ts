import { describe, expect, it } from 'vitest';

import { echoServer, testProxy, upstreamProxy } from './fixtures.ts';
import { Upstream } from './upstream.ts';

const connectTo = (name: string) => `CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n\r\n`;

describe('an upstream proxy', () => {
  it('gets what goes out, by absolute URL or by CONNECT, with its credentials', async () => {
    await using upstream = await upstreamProxy(() => 'user:p@ss');
    await using proxy = await testProxy({ server: `user:p%40ss@127.0.0.1:${upstream.port}` });
    expect((await proxy.get('http://Ex.test/a?b')).asked).toMatchObject({ server: 'upstream', url: 'http://Ex.test/a?b' });
    const answer = await proxy.send(`${connectTo('ex.test:443')}ping`, /ping/);
    expect(answer).toBe('HTTP/1.1 200 Connection established\r\n\r\nhello from behind\nping');
    expect(upstream.asked).toEqual(['GET http://Ex.test/a?b', 'CONNECT ex.test:443']);
  });

  it('is left out for mappings, excludes and loopback, which never see its credentials', async () => {
    await using upstream = await upstreamProxy();
    await using server = await echoServer('inside');
    await using proxy = await testProxy({
      server: `user:secret@127.0.0.1:${upstream.port}`,
      map: [`app.test=${server.port}`],
      exclude: ['.excluded.localhost'],
    });
    for (const url of ['http://app.test/', `http://localhost:${server.port}/`, `http://127.0.0.1:${server.port}/`]) {
      const { asked } = await proxy.get(url);
      expect([asked.server, asked.headers['proxy-authorization']]).toEqual(['inside', undefined]);
    }
    expect(upstream.asked).toEqual([]);
  });

  it('is left out for all but PROXY_INCLUDE, when there is one', async () => {
    await using upstream = await upstreamProxy();
    await using proxy = await testProxy({ server: `127.0.0.1:${upstream.port}`, include: ['*.ex.test'] });
    expect((await proxy.get('http://a.ex.test/')).asked.server).toBe('upstream');
    expect((await proxy.get('http://a.invalid/')).status).toBe(502);
    expect(upstream.asked).toHaveLength(1);
  });

  it('that wants other credentials is told of, without its question being passed on', async () => {
    await using upstream = await upstreamProxy(() => 'user:right');
    await using proxy = await testProxy({ server: `user:wrong@127.0.0.1:${upstream.port}` });
    const got = await proxy.get('http://ex.test/');
    expect([got.status, got.headers['proxy-authenticate']]).toEqual([502, undefined]);
    expect(got.body).toContain('wants other credentials');
    const answer = await proxy.send(connectTo('ex.test:443'));
    expect(answer).toContain('502 Bad Gateway');
    expect(got.body + answer).not.toContain('wrong');
  });

  it('that refuses what the command gave gets what it gives next', async () => {
    let right = 1;
    await using upstream = await upstreamProxy(() => `user:${right}`);
    await using proxy = await testProxy();
    let runs = 0;
    const run = async () => ({ credentials: { username: 'user', password: String(++runs) } });
    const address = { host: '127.0.0.1', port: upstream.port, credentials: undefined };
    proxy.rules.upstream = new Upstream(address, run);
    expect((await proxy.get('http://ex.test/')).status).toBe(200);
    proxy.rules.upstream = new Upstream({ ...address, credentials: { username: 'user', password: 'old' } }, run);
    right = 2;
    expect(await proxy.send(connectTo('ex.test:443'), /behind/)).toContain('hello from behind');
    expect([runs, upstream.asked.length]).toEqual([2, 4]);
  });

  it('that can’t be reached is named, without its credentials', async () => {
    await using proxy = await testProxy({ server: 'user:secret@127.0.0.1:1' });
    const got = await proxy.get('http://ex.test/');
    expect([got.status, got.body]).toEqual([502, '127.0.0.1:1 can’t be reached: nothing listens there (ECONNREFUSED).\n']);
  });

  it('that refuses a tunnel is told of', async () => {
    await using notAProxy = await echoServer('none');
    await using proxy = await testProxy({ server: `127.0.0.1:${notAProxy.port}` });
    expect(await proxy.send(connectTo('ex.test:443'))).toContain('502 Bad Gateway');
  });
});
