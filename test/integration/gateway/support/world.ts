import { randomUUID } from 'node:crypto';

import { ANNOTATIONS, LABELS, SANDBOX_API_VERSION, SANDBOX_KIND, SANDBOX_RESOURCE, type Sandbox } from '@sandfleet/crds';
import {
  defineResource,
  pods,
  secrets,
  serviceAccounts,
  type KubeClient,
  type KubeMetrics,
  type KubeObject,
  type Pod,
} from '@sandfleet/kube';
import { loadAll } from 'js-yaml';

import { generateSigningKeys, KeySets } from '../../../../api/src/tokens/key-sets.ts';
import { mintSandboxToken } from '../../../../api/src/tokens/sandbox-token.ts';
import { mintTicket, type Grant } from '../../../../api/src/tokens/ticket.ts';
import { CHART, helm } from '../../../chart/support/helm.ts';
import type { KubeAccess } from '../../../support/kube-access.ts';
import { sharedApiserver } from '../../../support/shared-apiserver.ts';

export const sandboxes = defineResource<Sandbox>(SANDBOX_RESOURCE);
export const KEYS_SECRET = 'sandfleet-keys';

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

export interface PodState {
  readonly ip?: string;
  readonly isReady?: boolean;
  readonly owner?: Partial<{ uid: string; kind: string }>;
}

/** A release whose gateway has the rights that the chart gives it, and a tenant's namespace in which this test plays operator. */
export class World {
  readonly access: KubeAccess;
  readonly admin: KubeClient;
  readonly release: string;
  readonly tenant: string;
  readonly keys = new KeySets();
  readonly #account: string;

  private constructor(access: KubeAccess, release: string, tenant: string, account: string) {
    this.access = access;
    this.admin = access.admin();
    this.release = release;
    this.tenant = tenant;
    this.#account = account;
  }

  static async create(): Promise<World> {
    const access = sharedApiserver();
    const release = await access.createNamespace('release');
    const tenant = await access.createNamespace('tenant');
    const objects = await renderRights(`gw-${randomUUID().slice(0, 8)}`, release);
    const admin = access.admin();
    for (const object of objects) {
      const type = KINDS[object.kind];
      if (type === undefined) throw new Error(`the chart's rights hold a ${object.kind}`);
      await admin.apply(type, object, { fieldManager: 'test' });
    }
    const account = objects.find(({ kind }) => kind === 'ServiceAccount')?.metadata.name ?? '';
    const world = new World(access, release, tenant, account);
    await world.rotateKeys();
    return world;
  }

  /** As the gateway's service account. */
  gatewayClient(metrics: KubeMetrics): Promise<KubeClient> {
    return this.access.asServiceAccount(this.release, this.#account, { metrics });
  }

  gatewayToken(): Promise<string> {
    return this.access.serviceAccountToken(this.release, this.#account);
  }

  /** New keys in the Secret, as the control plane writes them. The pod keys of before stay, so that pods go on. */
  async rotateKeys(): Promise<void> {
    const entries = await generateSigningKeys();
    const podTokens = this.#podTokens ?? entries['pod-tokens.json'] ?? '';
    this.#podTokens = podTokens;
    const stringData = { ...entries, 'pod-tokens.json': podTokens };
    this.keys.update(stringData);
    const metadata = { name: KEYS_SECRET, namespace: this.release };
    await this.admin.apply(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, stringData }, { fieldManager: 'test' });
  }
  #podTokens: string | undefined;

  async createSandbox(name: string, namespace = this.tenant): Promise<Sandbox & { metadata: { uid: string } }> {
    const object = { apiVersion: SANDBOX_API_VERSION, kind: SANDBOX_KIND, metadata: { name, namespace }, spec: {} };
    const created = await this.admin.create(sandboxes, object as unknown as Sandbox);
    const { uid } = created.metadata;
    if (uid === undefined) throw new Error('the API server gave no UID');
    return { ...created, metadata: { ...created.metadata, uid } };
  }

  async deleteSandbox({ metadata: { name, namespace } }: Sandbox): Promise<void> {
    await this.admin.delete(sandboxes, { name: name ?? '', namespace });
  }

  /** The pod that the operator makes for a Sandbox, in the state that a kubelet reports. */
  async createPod(sandbox: Sandbox, { ip, isReady = true, owner = {} }: PodState = {}): Promise<Pod> {
    const { name = '', namespace, uid = '' } = sandbox.metadata;
    const reference = { apiVersion: SANDBOX_API_VERSION, kind: SANDBOX_KIND, name, uid, controller: true, ...owner };
    const labels = {
      [LABELS.name]: 'sandfleet-sandbox',
      [LABELS.managedBy]: 'sandfleet',
      [LABELS.sandbox]: name,
      [LABELS.sandboxUid]: uid,
    };
    const annotations = { [ANNOTATIONS.podKey]: this.keys.podTokens.active.kid };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels, annotations, ownerReferences: [reference] },
      spec: { containers: [{ name: 'sandbox', image: 'sandbox' }] },
    };
    // The API server's answer has what this leaves out.
    const created = await this.admin.create(pods, pod as unknown as Pod);
    return this.setPodState(created, { ...(ip === undefined ? {} : { ip }), isReady });
  }

  setPodState({ metadata: { name, namespace } }: Pod, { ip, isReady = true }: PodState): Promise<Pod> {
    const status = {
      phase: ip === undefined ? 'Pending' : 'Running',
      ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: new Date().toISOString() }],
    };
    const options = { contentType: 'application/strategic-merge-patch+json', subresource: 'status' } as const;
    return this.admin.patch(pods, { name, namespace }, { status }, options);
  }

  async deletePod({ metadata: { name, namespace } }: Pod): Promise<void> {
    await this.admin.delete(pods, { name, namespace }, { gracePeriodSeconds: 0 });
  }

  async token({ metadata: { name = '', namespace = '', uid = '' } }: Sandbox): Promise<string> {
    const sandbox = { uid, name, namespace };
    const common = { issuer: 'sandfleet', principal: 'apikey:ci', ttlSeconds: 600, now: new Date() };
    return (await mintSandboxToken(this.keys, { ...common, sandbox })).token;
  }

  async ticket({ metadata: { uid = '' } }: Sandbox, grant: Grant): Promise<string> {
    const common = { issuer: 'sandfleet', principal: 'apikey:ci', ttlSeconds: 60, now: new Date() };
    return (await mintTicket(this.keys, { ...common, ...grant, sandboxUid: uid })).token;
  }

  close(): Promise<void> {
    return this.access.close();
  }
}

async function renderRights(release: string, namespace: string): Promise<readonly KubeObject[]> {
  const files = ['rbac', 'serviceaccount'].flatMap((name) => ['--show-only', `templates/gateway/${name}.yaml`]);
  const args = ['template', release, CHART, `--namespace=${namespace}`, '--kube-version=v1.34.4', ...files];
  const { code, stdout, stderr } = await helm(args);
  if (code !== 0) throw new Error(`helm template: ${stderr}`);
  return (loadAll(stdout) as (KubeObject | null | undefined)[]).filter((object) => object !== null && object !== undefined);
}
