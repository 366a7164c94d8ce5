import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { servePage } from './static-pages.ts';

let folder: string;
let app: FastifyInstance;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pages-'));
  await mkdir(join(folder, 'demo/inner'), { recursive: true });
  await writeFile(join(folder, 'secret.js'), 'secret');
  await writeFile(join(folder, 'demo/index.html'), '<p>demo</p>');
  await writeFile(join(folder, 'demo/demo-ABCD2345.js'), 'run()');
  await writeFile(join(folder, 'demo/notes.txt'), 'not a file of the page');
  await writeFile(join(folder, 'demo/inner/deep.js'), 'deep');
  app = Fastify();
  servePage(app, { name: 'demo', path: '/demo/', policy: "default-src 'self'", directory: folder });
  servePage(app, { name: 'none', path: '/none/', policy: '', directory: folder });
  await writeFile(join(folder, 'demo/later.js'), 'later');
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (url: string, headers = {}) => app.inject({ url, headers });

describe('servePage()', () => {
  it('serves the page at its folder and by its name, never kept unasked', async () => {
    for (const url of ['/demo/', '/demo/index.html', '/demo/?ticket=x']) {
      const answer = await get(url);
      expect([answer.statusCode, answer.body, answer.headers['content-type']]).toEqual([
        200,
        '<p>demo</p>',
        'text/html; charset=utf-8',
      ]);
      expect(answer.headers).toMatchObject({
        'cache-control': 'private, no-cache',
        'content-security-policy': "default-src 'self'",
        'referrer-policy': 'no-referrer',
      });
    }
  });

  it('sends a path without its slash there by a relative way, with the query', async () => {
    const answer = await get('/demo?autoconnect=true&ticket=x');
    expect([answer.statusCode, answer.headers.location]).toEqual([302, 'demo/?autoconnect=true&ticket=x']);
  });

  it('lets files with their hash in the name be kept for ever, packed for who can unpack', async () => {
    const plain = await get('/demo/demo-ABCD2345.js');
    expect([plain.body, plain.headers['cache-control'], plain.headers['content-encoding']]).toEqual([
      'run()',
      'private, max-age=31536000, immutable',
      undefined,
    ]);
    const packed = await get('/demo/demo-ABCD2345.js', { 'accept-encoding': 'gzip, br' });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    const known = await get('/demo/demo-ABCD2345.js', { 'if-none-match': `"x", ${plain.headers.etag}` });
    expect([known.statusCode, known.body]).toEqual([304, '']);
  });

  it('answers HEAD, and nothing else', async () => {
    expect((await app.inject({ method: 'HEAD', url: '/demo/' })).statusCode).toBe(200);
    for (const method of ['POST', 'PUT', 'DELETE'] as const)
      expect((await app.inject({ method, url: '/demo/' })).statusCode).toBe(404);
  });

  const strangers = [
    '/demo/notes.txt',
    '/demo/later.js',
    '/demo/inner/deep.js',
    '/demo/../secret.js',
    '/demo/..%2fsecret.js',
    '/demo/%2e%2e/secret.js',
    '/demo/..\\secret.js',
    '/demo//etc/passwd',
    '/demo/%00',
    '/demo/demo-ABCD2345.js/',
    '/demo/__proto__',
  ];
  it.for(strangers)('has no %s', async (url) => {
    expect((await get(url)).statusCode).toBe(404);
  });

  it('says so where the page was not installed', async () => {
    const answer = await get('/none/');
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.body).toContain('installed without its pages');
  });
});
