import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as contracts from '@sandfleet/contract/runtime';
import type { Contract } from '@sandfleet/contract';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';
import { EXAMPLES } from './manual-examples.ts';
import { manualOf } from './manual.ts';

const contract: Contract = Object.assign(
  {},
  ...Object.entries(contracts).flatMap(([name, value]) => (name.endsWith('Contract') ? [value] : [])),
);

describe('the manual for agents', () => {
  it.for(EXAMPLES)('shows a call that the contract takes: $purpose', ({ operation, body = {}, query = {} }) => {
    const found = contract[operation];
    expect(found, operation).toBeDefined();
    if (found?.body !== undefined) {
      expect([...Value.Errors(found.body, body)]).toEqual([]);
      // Other fields would be let through, and be in nobody's contract.
      const { properties } = found.body as unknown as { properties: object };
      expect(Object.keys(body).filter((name) => !(name in properties))).toEqual([]);
    }
    if (found?.querystring !== undefined) expect([...Value.Errors(found.querystring, query)]).toEqual([]);
  });

  it('names every operation once, with the fields that must be there', () => {
    const manual = manualOf(contract, 'v1');
    for (const { method, path, summary } of Object.values(contract)) {
      const lines = manual.split('\n').filter((line) => line.startsWith(`- ${method} ${path}`) && line.endsWith(`: ${summary}`));
      expect(lines, `${method} ${path}`).toHaveLength(1);
    }
    expect(manual).toContain('- POST /v1/browser/page/navigate (url*, wait_until, timeout): Open a URL in the active tab');
    expect(Math.max(...manual.split('\n').map((line) => line.length))).toBeLessThan(500);
  });

  it('is plain text and tells what is mounted', async () => {
    await using runtime = await testRuntime();
    const answer = await runtime.app.inject({ url: '/llms.txt' });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    for (const path of ['/v1/mcp/servers', '/v1/shell/exec', '/v1/browser/tabs']) expect(answer.body).toContain(path);
  });

  it('needs the credential that everything needs', async () => {
    await using runtime = await testRuntime({ SANDBOX_API_KEY: 'a-key-of-the-tests-alone' });
    for (const url of ['/', '/index.html', '/terminal', '/terminal/', '/llms.txt', '/codex', '/opencode'])
      expect((await runtime.app.inject({ url })).statusCode, url).toBe(401);
  });
});

describe('the pages of programs', () => {
  it.for(['codex', 'opencode'])('/%s says what is missing', async (name) => {
    await using runtime = await testRuntime({ PATH: '/nowhere' });
    const answer = await runtime.app.inject({ url: `/${name}`, headers: { accept: 'text/html' } });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).toContain('is not installed in this sandbox');
    expect((await runtime.app.inject({ url: `/${name}` })).json()).toMatchObject({ success: false });
  });

  it('lead to the terminal once the program is there, and keep their parameters', async () => {
    await using runtime = await testRuntime({ PATH: '/usr/bin:/bin:/nowhere' });
    const folder = join(runtime.home, 'bin');
    await mkdir(folder);
    await writeFile(join(folder, 'codex'), '#!/bin/sh\n');
    await using other = await testRuntime({ PATH: `/nowhere:${folder}` });
    // A file that can't be run is no program.
    expect((await other.app.inject({ url: '/codex' })).statusCode).toBe(404);
    await chmod(join(folder, 'codex'), 0o755);
    const answer = await other.app.inject({ url: '/codex?theme=light&session_id=x' });
    expect([answer.statusCode, answer.headers.location]).toEqual([302, 'terminal/?theme=light&start=codex']);
    expect((await other.app.inject({ url: '/codex/' })).headers.location).toBe('../terminal/?start=codex');
  });
});
