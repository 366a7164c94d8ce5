import { describe, expect, it } from 'vitest';

import { ready, sandbox } from './fixtures.ts';
import { ReadyWaits } from './ready-waits.ts';
import { createSandboxStore } from './sandbox-store.ts';

function given(limit = 10) {
  const store = createSandboxStore();
  const [client, server] = [new AbortController(), new AbortController()];
  const waits = new ReadyWaits(store, { limit, stopping: server.signal });
  store.upsert(sandbox());
  const wait = (uid = 'uid-of-a', seconds = 3600) => waits.wait(uid, { seconds, signal: client.signal });
  return { store, waits, client, server, wait };
}
const isReady = sandbox({ resourceVersion: '3', status: { phase: 'Ready', conditions: [ready('True')] } });

/** Whether the promise is settled by now, microtasks included. */
async function settled(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
}

describe('ReadyWaits', () => {
  it('holds all who wait until the sandbox is ready', async () => {
    const { store, waits, wait } = given();
    const both = [wait(), wait()] as const;
    store.upsert(sandbox({ resourceVersion: '2', status: { phase: 'Starting', conditions: [ready('False', 'Starting')] } }));
    store.upsert(sandbox({ name: 'b', status: { phase: 'Ready', conditions: [ready('True')] } }));
    expect([await settled(both[0]), waits.size]).toEqual([false, 2]);
    store.upsert(isReady);
    await Promise.all(both);
    expect(waits.size).toBe(0);
  });

  it('does not wait for one that was ready before, is unknown, or is on its way out', async () => {
    const { store, waits, wait } = given();
    store.upsert(isReady);
    await wait();
    await wait('never-seen');
    store.upsert(sandbox({ name: 'c', deletedAt: '2026-01-01T00:00:00Z' }));
    await wait('uid-of-c');
    expect(waits.size).toBe(0);
  });

  it.for(['the sandbox is deleted', 'the client hangs up', 'the server stops'])('ends when %s', async (how) => {
    const { store, waits, wait, client, server } = given();
    const waiting = wait();
    expect(await settled(waiting)).toBe(false);
    if (how === 'the sandbox is deleted') store.remove({ namespace: 'team-a', name: 'a', uid: 'uid-of-a' });
    else (how === 'the client hangs up' ? client : server).abort();
    await waiting;
    // Whoever comes later does not wait at all.
    await wait();
    expect(waits.size).toBe(0);
  });

  it('ends when the time is over, and takes none when there is none', async () => {
    const { wait, waits } = given();
    await Promise.all([wait('uid-of-a', 0.01), wait('uid-of-a', 0)]);
    expect(waits.size).toBe(0);
  });

  it('answers at once when too many wait already', async () => {
    const { client, wait, waits } = given(1);
    const first = wait();
    await wait();
    expect(waits.size).toBe(1);
    client.abort();
    await first;
  });
});
