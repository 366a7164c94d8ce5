import type { KubeClient, NetworkPolicy } from '@sandfleet/kube';
import { MemoryApiserver } from '@sandfleet/kube/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createCaches, type Caches } from '../caches.ts';
import { PolicyGate } from './policy-gate.ts';
import { PolicyLeases } from './policy-leases.ts';

const LABEL = 'internet-0123456789abcdef';
const intent: NetworkPolicy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: `sandfleet-${LABEL}`, namespace: 'team' },
  spec: { podSelector: {} },
};

let server: MemoryApiserver;
let client: KubeClient;
let caches: Caches;
let gate: PolicyGate;

beforeEach(async () => {
  server = await MemoryApiserver.start();
  client = server.client();
  caches = createCaches();
  gate = new PolicyGate({ client, caches, leases: new PolicyLeases() });
});
afterEach(async () => {
  await client.close();
  await server.close();
});

/** The policy as it is in the cluster and, unless told otherwise, in the cache. */
function made({ inCache = true }: { readonly inCache?: boolean } = {}): NetworkPolicy {
  const policy = server.put('networkpolicies', intent);
  if (inCache) caches.policies.upsert(policy);
  return policy;
}

async function passes(): Promise<boolean> {
  let isWritten = false;
  const answer = await gate.under('team', LABEL, async () => {
    isWritten = true;
  });
  expect(answer).toBe(isWritten);
  return isWritten;
}

describe('PolicyGate', () => {
  it('lets no pod through before the cache has the policy', async () => {
    made({ inCache: false });
    expect(await passes()).toBe(false);
  });

  it('asks the API server once for each policy that it lets pods through under', async () => {
    made();
    expect([await passes(), await passes(), await passes()]).toEqual([true, true, true]);
    expect(server.requests).toHaveLength(1);
  });

  it('asks again when the policy is another one', async () => {
    server.drop('networkpolicies', made());
    expect(await passes()).toBe(false);
    made();
    expect([await passes(), await passes()]).toEqual([true, true]);
    expect(server.requests).toHaveLength(2);
  });

  it('lets no pod through under a policy that the cache alone still has, and the cache then has it no more', async () => {
    server.drop('networkpolicies', made());
    expect([await passes(), await passes()]).toEqual([false, false]);
    expect(caches.policies.size).toBe(0);
    expect(server.requests).toHaveLength(1);
  });
});
