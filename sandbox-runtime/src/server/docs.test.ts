import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { testRuntime } from '../fixtures.ts';

const ASSETS = ['start.js', 'swagger-ui-bundle.js', 'swagger-ui.css'];

describe('GET /v1/docs', () => {
  it('is a page that asks nobody else, wherever the gateway puts it', async () => {
    await using runtime = await testRuntime();
    const page = await runtime.app.inject('/v1/docs');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(page.headers['cache-control']).toBe('no-cache');
    const references = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference]) => reference ?? '');
    const base = 'https://gateway.example/s/x/v1/docs?ticket=t';
    expect(references.map((reference) => new URL(reference, base).href)).toEqual([
      'data:,',
      ...['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js'].map(
        (name) => `https://gateway.example/s/x/v1/docs/assets/${name}`,
      ),
    ]);
    expect(page.body).not.toMatch(/<script>|\son\w+=|https?:/);
  });

  it('is found with a slash at the end too', async () => {
    await using runtime = await testRuntime();
    const answer = await runtime.app.inject('/v1/docs/?ticket=t');
    expect(answer.statusCode).toBe(302);
    const location = String(answer.headers['location']);
    expect(new URL(location, 'https://gateway.example/s/x/v1/docs/').href).toBe('https://gateway.example/s/x/v1/docs?ticket=t');
  });

  it.for(ASSETS)('serves %s, packed or not, once', async (name) => {
    await using runtime = await testRuntime();
    const url = `/v1/docs/assets/${name}`;
    const plain = await runtime.app.inject(url);
    expect(plain.statusCode).toBe(200);
    expect(plain.headers['content-type']).toMatch(name.endsWith('.css') ? /^text\/css/ : /^text\/javascript/);
    expect(plain.headers['x-content-type-options']).toBe('nosniff');
    const packed = await runtime.app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.rawPayload).equals(plain.rawPayload)).toBe(true);
    const again = await runtime.app.inject({ url, headers: { 'if-none-match': String(plain.headers['etag']) } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it.for(['nothing.js', 'constructor', '..%2Fpackage.json', '%2e%2e%2fpackage.json', 'swagger-ui.css.map', 'index.html'])(
    'serves no %s',
    async (name) => {
      await using runtime = await testRuntime();
      expect((await runtime.app.inject(`/v1/docs/assets/${name}`)).statusCode).toBe(404);
    },
  );

  it('starts the page with the document and the server that it came from', async () => {
    await using runtime = await testRuntime();
    const { body } = await runtime.app.inject('/v1/docs/assets/start.js');
    const shown = await new Promise<{ spec: { openapi: string; servers: unknown } }>((SwaggerUIBundle, reject) =>
      runInNewContext(body, {
        URL,
        SwaggerUIBundle,
        location: { href: 'https://gateway.example/s/x/v1/docs?ticket=t#/shell' },
        document: {
          getElementById: () => ({
            set textContent(text: string) {
              reject(new Error(text));
            },
          }),
        },
        fetch: async (path: string) => {
          const answer = await runtime.app.inject(`/v1/${path}`);
          return { ok: answer.statusCode === 200, json: async () => answer.json<unknown>() };
        },
      }),
    );
    expect(shown.spec).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://gateway.example/s/x' }] });
  });

  it('says so where the files are not installed, and takes them from where it is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assets-'));
    await using runtime = await testRuntime({ SANDFLEET_ASSETS_DIR: folder });
    const url = '/v1/docs/assets/swagger-ui.css';
    expect((await runtime.call('GET', url)).body).toMatchObject({
      success: false,
      message: expect.stringContaining('without the files'),
    });
    await writeFile(join(folder, 'swagger-ui.css'), 'p {}');
    expect((await runtime.app.inject(url)).body).toBe('p {}');
    await rm(folder, { recursive: true });
  });
});
