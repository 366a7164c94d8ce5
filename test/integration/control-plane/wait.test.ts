import type { SandboxPage, SandboxView } from '@sandfleet/contract/control-plane';
import { eventually } from '@sandfleet/kube/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sandboxes } from '../../../api/src/control-plane/sandbox-store.ts';
import { makeKey, startApi, type RunningApi } from './support/api.ts';
import { playOperator } from './support/play-operator.ts';
import { installRelease, type Release } from './support/release.ts';

describe('a create call that waits', () => {
  let release: Release;
  let api: RunningApi;
  let namespace: string;
  let key: string;
  beforeAll(async () => {
    release = await installRelease();
    api = await startApi(release);
    namespace = await release.access.createNamespace('tenant');
    key = await makeKey(release, api, { name: 'ci', namespace });
  });
  afterAll(async () => {
    await api.stop();
    await release.remove();
  });

  const create = (name: string, wait: number, signal?: AbortSignal) =>
    api.call<SandboxView>('POST', '/v1/sandboxes', { key, body: { name, wait }, ...(signal === undefined ? {} : { signal }) });
  const seen = (name: string) =>
    eventually(`${name} is there`, async () => {
      const { items } = await release.admin.list(sandboxes, { namespace });
      return items.some(({ metadata }) => metadata.name === name);
    });
  const waiting = async (): Promise<number> => {
    const metrics = await (await fetch(`${api.adminUrl}/metrics`)).text();
    return Number(/^sandfleet_ready_waits (\d+)$/m.exec(metrics)?.[1]);
  };

  it('holds the answer until the operator says that the sandbox is ready', async () => {
    const answer = create('becomes-ready', 300);
    await seen('becomes-ready');
    await playOperator(release.admin, { namespace, name: 'becomes-ready', phase: 'Starting' });
    expect(await waiting()).toBe(1);
    await playOperator(release.admin, { namespace, name: 'becomes-ready', phase: 'Ready' });
    const { status, body } = await answer;
    expect([status, body.ready, body.phase, body.reason]).toEqual([201, true, 'Ready', null]);
    expect(await waiting()).toBe(0);
  });

  it('answers 201 with the reason so far when the wait is over', async () => {
    const answer = create('stays-broken', 3);
    await seen('stays-broken');
    await playOperator(release.admin, {
      namespace,
      name: 'stays-broken',
      phase: 'Failed',
      reason: 'ImagePullFailed',
      message: 'No such image.',
    });
    const { status, body } = await answer;
    expect([status, body.ready, body.phase]).toEqual([201, false, expect.any(String)]);
    // Under load the status may come after the three seconds; it is there to be read all the same.
    await expect
      .poll(async () => (await api.call<SandboxView>('GET', '/v1/sandboxes/stays-broken', { key })).body, { timeout: 120_000 })
      .toMatchObject({ phase: 'Failed', reason: 'ImagePullFailed', message: 'No such image.' });
  });

  it('ends when the sandbox is deleted meanwhile', async () => {
    const answer = create('deleted', 300);
    await seen('deleted');
    await eventually('it waits', async () => (await waiting()) === 1);
    await release.admin.delete(sandboxes, { namespace, name: 'deleted' });
    expect((await answer).body).toMatchObject({ id: 'deleted', ready: false });
  });

  it('ends when the client hangs up, and leaves the sandbox', async () => {
    const client = new AbortController();
    const answer = create('left-behind', 300, client.signal).catch((error: unknown) => error);
    await eventually('it waits', async () => (await waiting()) === 1);
    client.abort();
    expect(await answer).toBeInstanceOf(Error);
    await eventually('no one waits', async () => (await waiting()) === 0);
    const { body } = await api.call<SandboxPage>('GET', '/v1/sandboxes', { key });
    expect(body.items.map(({ id }) => id)).toContain('left-behind');
  });

  it('gets the answer there is when the server stops, and what was begun is finished', async () => {
    const other = await startApi(release);
    await makeKey(release, other, { name: 'other', namespace });
    const answer = other.call<SandboxView>('POST', '/v1/sandboxes', { key, body: { name: 'at-the-end', wait: 300 } });
    await seen('at-the-end');
    await eventually('it waits', async () =>
      /^sandfleet_ready_waits 1$/m.test(await (await fetch(`${other.adminUrl}/metrics`)).text()),
    );
    await other.stop();
    const { status, body, headers } = await answer;
    expect([status, body.id, body.ready]).toEqual([201, 'at-the-end', false]);
    expect(headers.get('connection')).toBe('close');
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow('fetch failed');
  });
});
