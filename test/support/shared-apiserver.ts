import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { KubeAccess, type KubeAccessInfo } from './kube-access.ts';
import { startKubeApiserver } from './kube-apiserver.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly apiserver: KubeAccessInfo;
  }
}

/** For `globalSetup`: one API server for all files of a run, with the kinds of this repository. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startKubeApiserver();
  await server.applyCrds();
  project.provide('apiserver', server.info);
  return () => server.stop();
}

/** The API server of the run. Each test works in a namespace of its own; no one restarts it. */
export function sharedApiserver(): KubeAccess {
  return new KubeAccess(inject('apiserver'));
}
