import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Place } from '../../desktop/support/place.ts';
import { IS_LOCAL, MODES, Places } from '../../desktop/support/places.ts';
import { run, type Ran } from '../../support/cluster.ts';
import { runClient } from '../../support/run-client.ts';
import { CALLS } from '../mcp-calls.ts';

const MINUTES = 600_000;
/** Once for each lock: some 150 packages, from wherever they come. */
const INSTALLATION = 3_600_000;
const HERE = 'test/e2e/clients/python';
/** browser-use pins its packages to versions that are not the others’ newest, so each client has a lock of its own. */
const LOCKS = {
  playwright: 'test/conformance/requirements.txt',
  mcp: `${HERE}/requirements.txt`,
  browserUse: 'examples/browser-use/requirements.txt',
} as const;
const TITLE = { expression: 'document.title' };

describe('clients in Python', { timeout: MINUTES }, () => {
  const pythons = new Map<keyof typeof LOCKS, string>();
  let places: Places;
  let folder: string;
  beforeAll(async () => {
    for (const lock of ['playwright', 'mcp', 'browserUse'] as const) pythons.set(lock, await pythonWith(LOCKS[lock]));
    folder = await mkdtemp(join(tmpdir(), 'python-clients-'));
    places = await Places.open();
  }, INSTALLATION);
  afterAll(async () => {
    await places?.[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }, MINUTES);

  function runPython(lock: keyof typeof LOCKS, place: Place, ...command: readonly string[]): Promise<Ran> {
    const python = pythons.get(lock);
    if (python === undefined) throw new Error(`there is no Python for ${lock}`);
    // What they keep of a run goes with the folder. browser-use also reports to its makers, unless it is told not to.
    const kept = { HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: folder, PYTHONDONTWRITEBYTECODE: '1' };
    const quiet = { ANONYMIZED_TELEMETRY: 'false', BROWSER_USE_CLOUD_SYNC: 'false', BROWSER_USE_VERSION_CHECK: 'false' };
    return runClient(place, [python, ...command], { ...kept, ...quiet, BROWSER_USE_LOGGING_LEVEL: 'result' });
  }

  async function printedBy(lock: keyof typeof LOCKS, place: Place, ...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runPython(lock, place, ...command);
    expect(code, stdout + stderr).toBe(0);
    expect(place.token !== undefined && (stdout + stderr).includes(place.token)).toBe(false);
    return stdout;
  }

  it.for(MODES)('the MCP client of the Python SDK lists the tools of our table, and calls them all (%s)', async (mode) => {
    const output = await printedBy('mcp', places.by(mode), `${HERE}/mcp_client.py`, JSON.stringify(CALLS));
    const { protocol, tools, wrong } = JSON.parse(output) as Record<string, unknown>;
    expect([protocol, wrong]).toEqual(['2025-11-25', []]);
    expect((tools as string[]).toSorted()).toEqual([...new Set(CALLS.map(({ name }) => name))].toSorted());
  });

  it.for(MODES)('Playwright connects by each URL of the DevTools, and drives the browser of the page API (%s)', async (mode) => {
    const place = places.by(mode);
    const driven = { title: 'Routed', typed: 'TYPED', uploaded: 'größer', picture: true, cookies: [] };
    const output = await printedBy('playwright', place, `${HERE}/playwright_client.py`);
    expect(JSON.parse(output)).toEqual({ discovered: driven, 'discovered under /cdp': driven, direct: driven });
    expect(await place.call<string>('/v1/browser/page/evaluate', TITLE)).toBe('Driven from Python');
  });

  // It gives up by limits of its own, 15 seconds for each part of a step, which a busy machine may not keep.
  describe('browser-use', { retry: 1 }, () => {
    it.for(MODES)('finds the browser by the URL of the sandbox alone (%s)', async (mode) => {
      const place = places.by(mode);
      const output = await printedBy('browserUse', place, `${HERE}/browser_use_client.py`);
      const url = 'data:text/html,<title>Shown by browser-use</title>';
      expect(JSON.parse(output)).toEqual({ tabs: expect.arrayContaining([url]) as unknown });
      expect(await place.call<string>('/v1/browser/page/evaluate', TITLE)).toBe('Shown by browser-use');
    });

    it.for(MODES)('has an agent that searches a site inside: opens, types, clicks, extracts, is done (%s)', async (mode) => {
      const place = places.by(mode);
      const output = await printedBy('browserUse', place, 'examples/browser-use/search.py');
      expect(output).toBe('agent: tide tables: manual at /manual.html\npage: ?q=tide+tables\n');
      // The tab stays as the agent left it.
      const text = await place.call<string>('/v1/browser/page/evaluate', { expression: 'document.body.innerText' });
      expect(text).toContain('tide tables: forum');
    });
  });

  it.skipIf(IS_LOCAL).for([
    ['mcp', 'mcp_client.py', 'MCPError: '],
    ['playwright', 'playwright_client.py', 'Unexpected status 401'],
    ['browserUse', 'browser_use_client.py', "KeyError: 'webSocketDebuggerUrl'"],
  ] as const)('none gets in without the token: %s', async ([lock, program, complaint]) => {
    const { code, stdout, stderr } = await runPython(lock, { ...places.path, token: undefined }, `${HERE}/${program}`, '[]');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(complaint);
  });
});

async function pythonWith(lock: string): Promise<string> {
  const { code, stdout, stderr } = await run(`${HERE}/python-with`, [lock]);
  if (code !== 0) throw new Error(`no Python with ${lock}: ${stderr}`);
  return stdout.trim();
}
