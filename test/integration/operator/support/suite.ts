import { isNotFound, namespaces, type KubeClient } from '@sandfleet/kube';
import { afterAll, beforeAll, expect } from 'vitest';

import type { KubeAccess } from '../../../support/kube-access.ts';
import { sharedApiserver } from '../../../support/shared-apiserver.ts';
import { Auditor } from './auditor.ts';
import { NodeAgent } from './node-agent.ts';
import { grant, startOperator, SYSTEM, type RunningOperator } from './operator.ts';
import { publishKeys, World } from './world.ts';

const USER = 'operator';

/** One operator that serves all namespaces, for the tests of one file. */
export interface Suite {
  readonly client: KubeClient;
  readonly operator: RunningOperator;
  readonly agent: NodeAgent;
  readonly auditor: Auditor;
}

export interface SuiteOptions {
  /** Environment of the operator. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The operator's removals of policies take a while. */
  readonly slowRemovals?: boolean;
}

/**
 * Starts the operator before the tests of a file. After them no pod may ever have been without its policy, but for the
 * namespaces in `tampered`, where a test took the policy or the label away.
 */
export function useOperator({ environment = {}, slowRemovals = false }: SuiteOptions = {}) {
  const tampered = new Set<string>();
  const worlds: World[] = [];
  let access: KubeAccess;
  let made: Suite;
  beforeAll(async () => {
    access = sharedApiserver();
    const client = access.admin();
    await ensureNamespace(client, SYSTEM);
    await publishKeys(client, SYSTEM);
    await grant(client, USER, { system: SYSTEM });
    const auditor = await Auditor.start(client);
    made = {
      client,
      auditor,
      agent: new NodeAgent(client),
      operator: startOperator(access, USER, environment, { slowRemovals }),
    };
  });
  afterAll(async () => {
    await made.operator.stop();
    await made.auditor.stop();
    await Promise.all(worlds.map((world) => world.clear()));
    await access.close();
    expect(made.auditor.podsMade()).toBeGreaterThan(0);
    expect(made.auditor.violations(tampered)).toEqual([]);
  });
  return {
    tampered,
    suite: () => made,
    /** A namespace of the test's own. */
    async world(): Promise<World> {
      const world = new World(made.client, await access.createNamespace());
      worlds.push(world);
      return world;
    },
  };
}

export async function ensureNamespace(client: KubeClient, name: string): Promise<void> {
  try {
    await client.get(namespaces, { name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
}
