import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Place } from '../desktop/support/place.ts';
import { IS_LOCAL, MODES, Places } from '../desktop/support/places.ts';
import { runClient } from '../support/run-client.ts';
import { CALLS } from './mcp-calls.ts';

const MINUTES = 600_000;
const DRIVEN = { answer: 'FROM AFAR', isPicture: true };

/** Each client is a program of its own that is told a URL and a token, and tells what it saw. */
describe('clients in JavaScript', { timeout: MINUTES }, () => {
  let places: Places;
  beforeAll(async () => {
    places = await Places.open();
  }, MINUTES);
  afterAll(async () => places?.[Symbol.asyncDispose](), MINUTES);

  async function seenBy(program: string, place: Place, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
    const command = [process.execPath, '--import', 'tsx', `test/e2e/clients/programs/${program}.ts`] as const;
    const { code, stdout, stderr } = await runClient(place, [...command], env);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  }

  it.for(MODES)('playwright-core connects over CDP, and drives the browser that the page API sees (%s)', async (mode) => {
    const place = places.by(mode);
    expect(await seenBy('playwright', place)).toEqual(DRIVEN);
    expect(await place.call<string>('/v1/browser/page/evaluate', { expression: 'document.title' })).toBe('Driven');
    // The browser is the sandbox's own and stays.
    expect((await place.call<{ state: string }>('/v1/services/browser')).state).toBe('running');
  });

  it.for(MODES)('puppeteer-core connects by what it discovers, directly, and by a ticket without a header (%s)', async (mode) => {
    const place = places.by(mode);
    const env = IS_LOCAL ? {} : { CDP_TICKET_URL: await place.pageUrl('cdp') };
    const seen = { discovered: DRIVEN, direct: DRIVEN, ...(IS_LOCAL ? {} : { ticket: DRIVEN }) };
    expect(await seenBy('puppeteer', place, env)).toEqual(seen);
  });

  it.for(MODES)('the MCP client of the TypeScript SDK lists the tools of our table, and calls them all (%s)', async (mode) => {
    const seen = await seenBy('mcp', places.by(mode));
    const tools = [...new Set(CALLS.map(({ name }) => name))];
    expect(seen).toEqual({ tools: expect.toSatisfy(isThese(tools)) as unknown, wrong: [] });
  });
});

const isThese = (expected: readonly string[]) => (names: readonly string[]) =>
  names.toSorted().join() === expected.toSorted().join();
