import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type Access,
  customResourceDefinitions,
  type CustomResourceDefinition,
  fixedAccess,
  isAlreadyExists,
  KubeClient,
  type KubeClientOptions,
  namespaces,
  serviceAccounts,
} from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { loadAll } from 'js-yaml';

/** All that a test needs to reach an API server; plain values, so that it can be handed to the processes of a test run. */
export interface KubeAccessInfo {
  readonly server: string;
  readonly ca: string;
  /** Of a member of `system:masters`. */
  readonly token: string;
  /** A kubeconfig file with that token. */
  readonly kubeconfig: string;
}

export interface User {
  readonly name: string;
  readonly groups?: readonly string[];
}

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Clients of an API server, as administrator and as others. */
export class KubeAccess {
  readonly info: KubeAccessInfo;
  readonly #clients: KubeClient[] = [];

  constructor(info: KubeAccessInfo) {
    this.info = info;
  }

  get access(): Access {
    const { server, ca, token } = this.info;
    return { server, headers: { authorization: `Bearer ${token}` }, tls: { ca } };
  }

  /** A client with all rights. */
  admin(options: Partial<KubeClientOptions> = {}): KubeClient {
    return this.#open(this.access, options);
  }

  /** A client with the rights of a user, by impersonation: the API server authorises it as that user. */
  as({ name, groups = ['system:authenticated'] }: User, options: Partial<KubeClientOptions> = {}): KubeClient {
    const [group = ''] = groups;
    if (groups.length > 1) throw new TypeError('one group at most: a header cannot be repeated here');
    const headers = { ...this.access.headers, 'impersonate-user': name, 'impersonate-group': group };
    return this.#open({ ...this.access, headers }, options);
  }

  /** A client of a service account, with a token that the API server issued, as a pod has. */
  async asServiceAccount(namespace: string, name: string, options: Partial<KubeClientOptions> = {}): Promise<KubeClient> {
    const token = await this.serviceAccountToken(namespace, name);
    return this.#open({ ...this.access, headers: { authorization: `Bearer ${token}` } }, options);
  }

  /** A token of the service account, which is made when there is none. */
  async serviceAccountToken(namespace: string, name: string): Promise<string> {
    const admin = this.admin();
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } };
    await admin.apply(serviceAccounts, account, { fieldManager: 'test' });
    const request = {
      ...account,
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    };
    const issued = (await admin.create(serviceAccounts, request, { subresource: 'token' })) as {
      readonly status?: { readonly token?: string };
    };
    if (!issued.status?.token) throw new Error(`no token for the service account ${namespace}/${name}`);
    return issued.status.token;
  }

  /** A namespace of its own for a test, with the default service account that a controller manager would make for its pods. */
  async createNamespace(prefix = 'test'): Promise<string> {
    const admin = this.admin();
    const name = `${prefix}-${randomUUID().slice(0, 8)}`;
    await admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: name, name: 'default' } };
    await admin.create(serviceAccounts, account).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
    return name;
  }

  /** Installs the kinds of this repository, and waits until the API server serves them. */
  async applyCrds(directory: string = path.join(ROOT, 'crds')): Promise<void> {
    const files = (await readdir(directory)).filter((file) => file.endsWith('.yaml'));
    const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
    // What stands in these files is checked by the API server. The loader of client-node would rename fields.
    const definitions = texts.flatMap((text) => loadAll(text) as CustomResourceDefinition[]).filter(Boolean);
    const admin = this.admin();
    await Promise.all(definitions.map((definition) => install(admin, definition)));
  }

  /** Closes all clients that were made here. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()));
  }

  #open(access: Access, options: Partial<KubeClientOptions>): KubeClient {
    const client = new KubeClient({ access: fixedAccess(access), userAgent: 'sandfleet-test', ...options });
    this.#clients.push(client);
    return client;
  }
}

async function install(admin: KubeClient, definition: CustomResourceDefinition): Promise<void> {
  const { metadata, spec } = definition;
  await admin.apply(customResourceDefinitions, definition, { fieldManager: 'test' });
  const versions = spec.versions.filter(({ served }) => served).map(({ name }) => name);
  // Established comes a moment before the API server answers for the kind.
  await eventually(`${metadata.name} is served`, async () => {
    const paths = versions.map((version) => `/apis/${spec.group}/${version}/${spec.names.plural}?limit=1`);
    const answers = await Promise.all(paths.map((each) => admin.text(each).catch(() => undefined)));
    return answers.every((answer) => answer !== undefined);
  });
}

export async function writeKubeconfig(file: string, { server, ca, token }: Omit<KubeAccessInfo, 'kubeconfig'>): Promise<void> {
  const name = 'test';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
}
