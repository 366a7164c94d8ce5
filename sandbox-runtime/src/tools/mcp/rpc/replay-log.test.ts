import { describe, expect, it } from 'vitest';

import { ReplayLog } from './replay-log.ts';

const message = (text: string) => ({ jsonrpc: '2.0' as const, method: 'm', params: { text } });

async function after(events: ReturnType<ReplayLog['session']>, id: string): Promise<readonly string[]> {
  const texts: string[] = [];
  await events.replayEventsAfter(id, { send: async (_, sent) => void texts.push(JSON.stringify(sent)) });
  return texts;
}

describe('ReplayLog', () => {
  it('gives what came after an event of the same stream', async () => {
    const events = new ReplayLog(100_000).session();
    const first = await events.storeEvent('a', {} as never);
    await events.storeEvent('b', message('other stream'));
    await events.storeEvent('a', message('one'));
    await events.storeEvent('a', message('two'));
    expect(await after(events, first)).toEqual([JSON.stringify(message('one')), JSON.stringify(message('two'))]);
  });

  it('shows no session the events of another', async () => {
    const log = new ReplayLog(100_000);
    const [mine, theirs] = [log.session(), log.session()];
    const id = await mine.storeEvent('a', message('secret'));
    await mine.storeEvent('a', message('more'));
    expect(await theirs.getStreamIdForEventId?.(id)).toBeUndefined();
    await expect(after(theirs, id)).rejects.toThrow('not kept');
  });

  it('never holds more than its bound, and lets the oldest go first', async () => {
    const log = new ReplayLog(10_000);
    const events = log.session();
    const ids: string[] = [];
    for (let n = 0; n < 100; n += 1) ids.push(await events.storeEvent('a', message('x'.repeat(500))));
    expect(log.bytes).toBeLessThanOrEqual(10_000);
    expect(await events.getStreamIdForEventId?.(ids[0] ?? '')).toBeUndefined();
    expect(await events.getStreamIdForEventId?.(ids.at(-1) ?? '')).toBe('a');
    await events.storeEvent('a', message('x'.repeat(50_000)));
    expect(log.bytes).toBe(0);
  });

  it('forgets a session that ended', async () => {
    const log = new ReplayLog(10_000);
    const events = log.session();
    await events.storeEvent('a', message('x'));
    events.end();
    expect(log.bytes).toBe(0);
  });
});
