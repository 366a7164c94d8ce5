import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defineResource, serviceAccounts, type KubeClient, type KubeObject } from '@sandfleet/kube';
import { loadAll } from 'js-yaml';

import { CHART, helm } from '../../../chart/support/helm.ts';
import { type KubeAccess, writeKubeconfig } from '../../../support/kube-access.ts';
import { sharedApiserver } from '../../../support/shared-apiserver.ts';

/** A namespace with sandfleet's API "installed": its service account has the rights that the chart gives it, and no others. */
export interface Release {
  readonly access: KubeAccess;
  readonly admin: KubeClient;
  readonly namespace: string;
  /** Of the api's service account. */
  readonly kubeconfig: string;
  remove(): Promise<void>;
}

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const KINDS = Object.fromEntries(
  [
    defineResource({ ...rbac, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false }),
    defineResource({ ...rbac, plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false }),
    defineResource({ ...rbac, plural: 'roles', kind: 'Role', namespaced: true }),
    defineResource({ ...rbac, plural: 'rolebindings', kind: 'RoleBinding', namespaced: true }),
    serviceAccounts,
  ].map((type) => [type.kind, type]),
);

export async function installRelease(
  values: Readonly<Record<string, unknown>> = {},
  access: KubeAccess = sharedApiserver(),
): Promise<Release> {
  const admin = access.admin();
  const namespace = await access.createNamespace('release');
  const objects = await renderRights(`api-${randomUUID().slice(0, 8)}`, namespace, values);
  for (const object of objects) {
    const type = KINDS[object.kind];
    if (type === undefined) throw new Error(`the chart's rights hold a ${object.kind}`);
    await admin.apply(type, object, { fieldManager: 'test' });
  }
  const account = objects.find(({ kind }) => kind === 'ServiceAccount')?.metadata.name ?? '';
  const directory = await mkdtemp(join(tmpdir(), 'sandfleet-release-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const token = await access.serviceAccountToken(namespace, account);
  await writeKubeconfig(kubeconfig, { ...access.info, token });
  return {
    access,
    admin,
    namespace,
    kubeconfig,
    async remove() {
      await rm(directory, { recursive: true });
      await access.close();
    },
  };
}

async function renderRights(
  release: string,
  namespace: string,
  values: Readonly<Record<string, unknown>>,
): Promise<readonly KubeObject[]> {
  const files = ['rbac', 'serviceaccount'].flatMap((name) => ['--show-only', `templates/api/${name}.yaml`]);
  const { code, stdout, stderr } = await helm(
    ['template', release, CHART, `--namespace=${namespace}`, '--kube-version=v1.34.4', ...files],
    values,
  );
  if (code !== 0) throw new Error(`helm template: ${stderr}`);
  return (loadAll(stdout) as (KubeObject | null | undefined)[]).filter((object) => object !== null && object !== undefined);
}
