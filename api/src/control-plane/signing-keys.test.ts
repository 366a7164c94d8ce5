import type { ServerResponse } from 'node:http';

import { PUBLIC_KEYS } from '@sandfleet/crds';
import { configMaps, secrets, type KubeClient } from '@sandfleet/kube';
import { eventually, MemoryApiserver } from '@sandfleet/kube/testing';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { generateSigningKeys, KeySets, SIGNING_KEYS } from '../tokens/key-sets.ts';
import { runSigningKeys } from './signing-keys.ts';

const NAMESPACE = 'system';
const SECRET = { namespace: NAMESPACE, name: 'keys' };
const CONFIG_MAP = { namespace: NAMESPACE, name: 'public' };
const SECRETS = `/api/v1/namespaces/${NAMESPACE}/secrets`;

let server: MemoryApiserver;
let admin: KubeClient;
let ends: (() => Promise<void>)[];

beforeEach(async () => {
  server = await MemoryApiserver.start();
  admin = server.client();
  ends = [() => admin.close()];
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  await server.close();
});

/** One replica of the control plane, as far as its signing keys go. */
function start(name: string): KeySets {
  const keys = new KeySets();
  const client = server.client({ userAgent: name });
  const stopping = new AbortController();
  const names = { secretName: SECRET.name, configMapName: CONFIG_MAP.name };
  const log = pino({ level: 'silent' });
  const done = runSigningKeys({ client, namespace: NAMESPACE, ...names, keys, log }, stopping.signal);
  ends.unshift(async () => {
    stopping.abort();
    await done;
    await client.close();
  });
  return keys;
}

/** From now on the replica's watch of the Secret is open and silent, as over a connection that is dead without a word. */
function deafen(name: string): readonly ServerResponse[] {
  const silent: ServerResponse[] = [];
  server.intercept(({ path, query, headers }, response) => {
    if (path !== SECRETS || !query.has('watch') || headers['user-agent'] !== name) return false;
    response.writeHead(200).flushHeaders();
    silent.push(response);
    return true;
  });
  return silent;
}

async function rotate(): Promise<string> {
  const entries = await generateSigningKeys();
  const data = Object.fromEntries(Object.entries(entries).map(([entry, text]) => [entry, Buffer.from(text).toString('base64')]));
  await admin.patch(secrets, SECRET, { data }, { contentType: 'application/merge-patch+json' });
  return (JSON.parse(entries[SIGNING_KEYS.podTokens] ?? '') as { active: string }).active;
}

const published = async () => (await admin.get(configMaps, CONFIG_MAP)).data?.[PUBLIC_KEYS.podTokensKid];

describe('the signing keys of two replicas', () => {
  it('stay as they were rotated, also where one of the two has not heard of it', async () => {
    // Not the real one's stringData: an entry of a Secret is in base64 when it is read.
    const initial = Object.entries(await generateSigningKeys()).map(([entry, text]) => [
      entry,
      Buffer.from(text).toString('base64'),
    ]);
    await admin.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: SECRET,
      data: Object.fromEntries(initial) as Record<string, string>,
    });
    const silent = deafen('deaf');
    const hearing = start('hearing');
    await eventually('the keys are published', () => published().catch(() => undefined));
    const deaf = start('deaf');
    const isIn = (keys: KeySets, kid: string) => keys.ready && keys.podTokens.active.kid === kid;
    await eventually('the watch that says nothing', () => silent.length === 1 && deaf.ready);
    const writesBefore = server.requests.length;
    const kid = await rotate();
    await eventually('one replica knows', () => isIn(hearing, kid));
    await eventually('the other knows too, since what is published is not what it had', () => isIn(deaf, kid));
    await eventually('the new key is published', async () => (await published()) === kid);
    const writes = server.requests
      .slice(writesBefore)
      .filter(({ method, path }) => method === 'PATCH' && path !== `${SECRETS}/${SECRET.name}`);
    expect(writes.map(({ headers, body }) => [headers['user-agent'], body.includes(kid)])).toEqual([['hearing', true]]);
  });
});
