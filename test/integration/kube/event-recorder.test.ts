import { type ConfigMap, configMaps, defineResource, EventRecorder, events, type KubeObject, namespaces } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedApiserver } from '../../support/shared-apiserver.ts';

interface CoreEvent extends KubeObject {
  readonly message?: string;
  readonly reason?: string;
  readonly involvedObject?: { readonly name?: string; readonly uid?: string };
}

const coreEvents = defineResource<CoreEvent>({ group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true });
const cluster = sharedApiserver();
const admin = cluster.admin();
let namespace: string;
let regarding: ConfigMap;

beforeAll(async () => {
  namespace = await cluster.createNamespace('events');
  regarding = await admin.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'x' } });
});
afterAll(() => cluster.close());

function start() {
  const limits = { seriesSeconds: 0.2 };
  return new EventRecorder({
    client: admin,
    controller: 'sandfleet.dev/operator',
    instance: 'test-0',
    log: pino({ level: 'silent' }),
    limits,
  });
}

const about = async (reason: string) => (await admin.list(events, { fieldSelector: `reason=${reason}` })).items;

describe('EventRecorder with a real API server', () => {
  it('writes events that kubectl shows with their object', async () => {
    const recorder = start();
    recorder.record({ regarding, type: 'Normal', reason: 'Shown', action: 'Reconcile', note: 'Shown to people.' });
    await recorder.stop();
    const selector = `involvedObject.name=x,involvedObject.uid=${regarding.metadata.uid},reason=Shown`;
    const { items } = await admin.list(coreEvents, { namespace, fieldSelector: selector });
    expect(items.map(({ message }) => message)).toEqual(['Shown to people.']);
  });

  it('counts repeats in a series', async () => {
    const recorder = start();
    for (let i = 0; i < 5; i += 1)
      recorder.record({ regarding, type: 'Warning', reason: 'Repeated', action: 'Reconcile', note: 'Again.' });
    await eventually('the series', async () => (await about('Repeated'))[0]?.series?.count === 5);
    for (let i = 0; i < 5; i += 1)
      recorder.record({ regarding, type: 'Warning', reason: 'Repeated', action: 'Reconcile', note: 'Again.' });
    await recorder.stop();
    expect((await about('Repeated')).map(({ series }) => series?.count)).toEqual([10]);
  });

  it('is accepted at the limits of each field, and for an object without a namespace', async () => {
    const recorder = start();
    const longest = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: `${'x'.repeat(240)}.${'y'.repeat(12)}` },
    };
    recorder.record({ regarding: longest, type: 'Normal', reason: 'Long', action: 'A'.repeat(500), note: '🌍'.repeat(1000) });
    recorder.record({
      regarding: await admin.get(namespaces, { name: namespace }),
      type: 'Normal',
      reason: 'Unscoped',
      action: 'Act',
      note: 'n',
    });
    await recorder.stop();
    expect(await about('Long')).toHaveLength(1);
    expect((await about('Unscoped')).map(({ metadata }) => metadata.namespace)).toEqual(['default']);
  });
});
