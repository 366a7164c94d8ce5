import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from './client.ts';
import { buildEvent, type EventInput } from './event-object.ts';
import { type EventLimits, EventRecorder } from './event-recorder.ts';
import { createKubeMetrics } from './metrics.ts';
import type { KubeObject } from './object.ts';
import { type Event, events } from './resources.ts';
import { eventually } from './testing/eventually.ts';
import { MemoryApiserver, sendStatus } from './testing/memory-apiserver.ts';

let server: MemoryApiserver;
let client: KubeClient;

beforeEach(async () => {
  server = await MemoryApiserver.start();
  client = server.client();
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const regarding: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'a', name: 'x', uid: 'u', resourceVersion: '7' },
  data: { secret: 'not for the event' },
};
const input: EventInput = { regarding, type: 'Normal', reason: 'Created', action: 'Reconcile', note: 'Created the pod.' };

function recorder(limits: Partial<EventLimits> = {}) {
  const metrics = createKubeMetrics(new Registry());
  const made = new EventRecorder({
    client,
    controller: 'sandfleet.dev/operator',
    instance: 'operator-0',
    log: pino({ level: 'silent' }),
    metrics,
    limits: { seriesSeconds: 0.02, ...limits },
  });
  const count = async (result: string): Promise<number | undefined> =>
    (await metrics.events.get()).values.find(({ labels }) => labels.result === result)?.value;
  return { recorder: made, count };
}

const listed = async (): Promise<readonly Event[]> => (await client.list(events)).items;

describe('EventRecorder', () => {
  it('writes an event with all that the API server asks for', async () => {
    const { recorder: made } = recorder();
    made.record(input);
    await made.stop();
    const [event] = await listed();
    expect(event).toMatchObject({
      reportingController: 'sandfleet.dev/operator',
      reportingInstance: 'operator-0',
      type: 'Normal',
      reason: 'Created',
      action: 'Reconcile',
      note: 'Created the pod.',
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'a', name: 'x', uid: 'u', resourceVersion: '7' },
    });
    expect(event?.eventTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(event?.metadata.name).toMatch(/^x\.[0-9a-f]+$/);
    expect(JSON.stringify(event)).not.toContain('not for the event');
  });

  it('counts repeats in one series instead of writing each', async () => {
    const { recorder: made, count } = recorder();
    for (let i = 0; i < 100; i += 1) made.record(input);
    await eventually('the series', async () => (await listed())[0]?.series?.count === 100);
    for (let i = 0; i < 10; i += 1) made.record(input);
    await made.stop();
    const all = await listed();
    expect(all.map(({ series }) => series?.count)).toEqual([110]);
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(server.requests.filter(({ method }) => method === 'PATCH').length).toBeLessThan(10);
    expect(await count('aggregated')).toBe(109);
  });

  it.for([
    { what: 'reason', other: { ...input, reason: 'Deleted' } },
    { what: 'note', other: { ...input, note: 'Another note.' } },
    { what: 'type', other: { ...input, type: 'Warning' as const } },
    { what: 'object', other: { ...input, regarding: { ...regarding, metadata: { ...regarding.metadata, uid: 'v' } } } },
  ])('keeps happenings with another $what apart', async ({ other }) => {
    const { recorder: made } = recorder();
    made.record(input);
    made.record(other);
    await made.stop();
    expect(await listed()).toHaveLength(2);
  });

  it('writes a new event for a repeat after a long time', async () => {
    const { recorder: made } = recorder({ windowSeconds: 0 });
    made.record(input);
    made.record(input);
    await made.stop();
    expect(await listed()).toHaveLength(2);
  });

  it('writes the event again when the old one has expired in the cluster', async () => {
    const { recorder: made } = recorder();
    made.record(input);
    const [first] = await eventually('the event', async () => ((await listed()).length === 1 ? listed() : undefined));
    server.drop('events', first!);
    made.record(input);
    await eventually('another event', async () => (await listed())[0]?.metadata.name.startsWith('x.'));
    await made.stop();
    expect((await listed())[0]?.metadata.name).not.toBe(first?.metadata.name);
  });

  it('tries again when the API server is away, and goes on when it refuses', async () => {
    const { recorder: made, count } = recorder();
    let failures = 0;
    server.intercept((_, response) => {
      failures += 1;
      if (failures === 1) return (sendStatus(response, 503, 'ServiceUnavailable', 'starting'), true);
      if (failures === 3) return (sendStatus(response, 403, 'Forbidden', 'the namespace is being terminated'), true);
      return false;
    });
    made.record(input);
    made.record({ ...input, reason: 'Refused' });
    made.record({ ...input, reason: 'Last' });
    await eventually('the last', async () => (await count('sent')) === 2);
    expect((await listed()).map(({ reason }) => reason).sort()).toEqual(['Created', 'Last']);
    expect(await count('failed')).toBe(1);
    await made.stop();
  });

  it('drops what is too much, without blocking or throwing', async () => {
    const { recorder: made, count } = recorder({ pending: 5, series: 3, perSecond: 1, burst: 1, flushSeconds: 1 });
    for (let i = 0; i < 100; i += 1) made.record({ ...input, note: `note ${i}` });
    expect(await count('dropped')).toBe(95);
    await made.stop();
    expect(await listed()).toHaveLength(5);
  });

  it('does not let a broken caller fail by it', async () => {
    const { recorder: made, count } = recorder();
    made.record({ ...input, note: undefined as unknown as string });
    expect(await count('failed')).toBe(1);
    await made.stop();
  });

  it('keeps to its rate', async () => {
    const { recorder: made, count } = recorder({ perSecond: 20, burst: 2 });
    const started = performance.now();
    for (let i = 0; i < 8; i += 1) made.record({ ...input, note: `note ${i}` });
    await eventually('all', async () => (await count('sent')) === 8);
    expect(performance.now() - started).toBeGreaterThan(280);
    await made.stop();
  });

  it('stops in time when the API server does not answer, and records nothing more', async () => {
    server.intercept(() => true);
    const { recorder: made, count } = recorder({ flushSeconds: 0.1 });
    made.record(input);
    made.record({ ...input, reason: 'Other' });
    await made.stop();
    made.record({ ...input, reason: 'Late' });
    expect(((await count('failed')) ?? 0) + ((await count('dropped')) ?? 0)).toBe(2);
    expect(server.requests).toHaveLength(1);
  });
});

describe('buildEvent()', () => {
  const reporter = { controller: 'c', instance: 'i'.repeat(300) };
  const build = (change: Partial<EventInput>): Event => buildEvent({ ...input, ...change }, reporter, new Date(0), 'abc');

  it('cuts a note at 1024 bytes, never within a character', () => {
    const note = build({ note: `a${'🌍'.repeat(400)}` }).note ?? '';
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note.endsWith('🌍…')).toBe(true);
    expect(note).not.toContain('\uFFFD');
  });

  it('keeps names and fields within the limits of the API server', () => {
    const name = `${'x'.repeat(247)}.${'y'.repeat(5)}`;
    const event = build({ reason: 'R'.repeat(200), regarding: { ...regarding, metadata: { name } } });
    expect(event.metadata.name.length).toBeLessThanOrEqual(253);
    expect(event.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
    expect(event.metadata.name).not.toContain('..');
    expect(event.reason).toHaveLength(128);
    expect(event.reportingInstance).toHaveLength(128);
  });

  it('puts the events of a cluster-scoped object into the default namespace', () => {
    expect(build({ regarding: { ...regarding, metadata: { name: 'node' } } }).metadata.namespace).toBe('default');
  });
});
