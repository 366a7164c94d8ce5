import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DnsOverHttps, dnsServers } from './dns-over-https.ts';
import { echoServer, listen, testProxy, type TestServer } from './fixtures.ts';

let folder: string;
let authority: string;
let dns: TestServer;
let asked: string[];

/** The loopback address for a question of A of a name in `doh.test`; no such name for all else. */
function answerTo(question: Buffer): Buffer {
  const isKnown = question.includes('\u0003doh\u0004test', 12, 'latin1') && question.at(-3) === 1;
  const head = Buffer.from(isKnown ? '000081800001000100000000' : '000081830001000000000000', 'hex');
  const record = Buffer.from('c00c000100010000000000047f000001', 'hex');
  return Buffer.concat([head, question.subarray(12), ...(isKnown ? [record] : [])]);
}

function dnsServer(key: string, cert: string): Server {
  return createServer({ key, cert }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://dns.test');
    asked.push(`${request.method} ${pathname}`);
    if (pathname === '/fails') return response.writeHead(500).end();
    response.setHeader('content-type', pathname === '/page' ? 'text/html' : 'application/dns-message');
    if (pathname === '/long') return response.end(Buffer.alloc(100_000));
    if (pathname === '/garbage') return response.end('garbage');
    if (pathname === '/elsewhere') return response.writeHead(302, { location: '/query' }).end();
    void buffer(request).then((body) =>
      response.end(answerTo(request.method === 'POST' ? body : Buffer.from(searchParams.get('dns') ?? '', 'base64url'))),
    );
    return undefined;
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dns-test-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const options = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=dns', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...options, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  authority = await readFile(cert, 'utf8');
  dns = await listen(dnsServer(await readFile(key, 'utf8'), authority));
});
afterAll(async () => {
  await dns[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => void (asked = []));

const resolverOf = (...templates: readonly string[]) =>
  new DnsOverHttps(dnsServers(templates.map((path) => `https://127.0.0.1:${dns.port}${path}`).join(' ')), authority);

describe('DnsOverHttps', () => {
  it('is where the proxy looks names up', async () => {
    await using server = await echoServer('found');
    await using proxy = await testProxy({ dnsOverHttps: resolverOf('/query{?dns}') });
    expect((await proxy.get(`http://app.doh.test:${server.port}/x`)).asked).toMatchObject({ server: 'found', url: '/x' });
    expect(asked).toEqual(['GET /query', 'GET /query']);
    expect((await proxy.get('http://app.other.test/')).status).toBe(502);
  });

  it('leads nobody to the ports of the sandbox itself', async () => {
    await using server = await echoServer('own');
    await using proxy = await testProxy({ dnsOverHttps: resolverOf('/query{?dns}'), own: [server.port] });
    expect((await proxy.get(`http://app.doh.test:${server.port}/`)).status).toBe(403);
  });

  it('is asked by POST where its template has no place for a question', async () => {
    expect(await resolverOf('/query').find('app.doh.test')).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(asked).toEqual(['POST /query', 'POST /query']);
  });

  it.for(['/fails', '/page', '/long', '/garbage', '/elsewhere'])('that answers %s is left for the next one', async (bad) => {
    const resolver = resolverOf(`${bad}{?dns}`, '/query{?dns}');
    expect(await resolver.find('app.doh.test')).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(await resolver.find('b.doh.test')).toHaveLength(1);
    expect(asked.filter((line) => line.endsWith('/query'))).toHaveLength(4);
    expect(asked.filter((line) => line.endsWith(bad)).length).toBeLessThanOrEqual(2);
  });

  it('finds nothing where nobody listens, or nobody vouches for the server', async () => {
    const gone = new DnsOverHttps(dnsServers('https://127.0.0.1:1/query{?dns}'), authority);
    expect(await gone.find('app.doh.test')).toEqual([]);
    const unknown = new DnsOverHttps(dnsServers(`https://127.0.0.1:${dns.port}/query{?dns}`));
    expect(await unknown.find('app.doh.test')).toEqual([]);
    expect(asked).toEqual([]);
  });

  it.for([
    'web',
    'web.ns.svc.cluster.local',
    'x.internal',
    'a..test',
    'a.test.',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(126)}aa`,
  ])('is not told of %s', async (name) => {
    expect(await resolverOf('/query{?dns}').find(name)).toEqual([]);
    expect(asked).toEqual([]);
  });
});

describe('dnsServers()', () => {
  it.for([
    ['https://a.test/q{?dns}', [['https://a.test/q', 'GET']]],
    ['https://a.test/q', [['https://a.test/q', 'POST']]],
    [
      '  https://a.test/q{?dns}\thttps://b.test/q ',
      [
        ['https://a.test/q', 'GET'],
        ['https://b.test/q', 'POST'],
      ],
    ],
    ['http://a.test/q{?dns}', []],
    ['https://a.test/{path}', []],
    ['nonsense', []],
    ['', []],
  ] as const)('of %j are %j', ([templates, expected]) => {
    expect(dnsServers(templates).map(({ url, method }) => [url.href, method])).toEqual(expected);
  });
});
