import { Writable } from 'node:stream';

import { secrets } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { aborted, loadConfig } from '@sandfleet/server-kit';
import { pino } from 'pino';

import { ApiConfig } from '../../../../api/src/control-plane/config.ts';
import { runApi } from '../../../../api/src/control-plane/run-api.ts';
import { generateApiKey, hashApiKey } from '../../../../api/src/keys/api-key.ts';
import { secretNameOf, toKeySecret } from '../../../../api/src/keys/key-secret.ts';
import type { GrantedVerb } from '../../../../api/src/keys/verbs.ts';
import { freePorts } from '../../../support/child-process.ts';
import type { Release } from './release.ts';

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface CallOptions {
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A control plane that runs in this process and is called over its socket. */
export interface RunningApi {
  readonly url: string;
  readonly adminUrl: string;
  /** Every log line so far. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  call<T>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>;
  /** Asks it to stop, as SIGTERM does; resolves when it has. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Do not wait until it is ready. */
  readonly early?: boolean;
}

export async function startApi(release: Release, { environment = {}, early = false }: StartOptions = {}): Promise<RunningApi> {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const config = loadConfig(ApiConfig, {
    SANDFLEET_NAMESPACE: release.namespace,
    SANDFLEET_GATEWAY_URL: 'http://gateway.example:30080',
    SANDFLEET_STOP_DELAY_SECONDS: '0',
    HOST: '127.0.0.1',
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    ...environment,
  });
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const stopping = new AbortController();
  const running = runApi(
    { config, version: '0.0.0-test', log: pino({ level: 'info' }, stream), kubeconfig: release.kubeconfig },
    stopping.signal,
  );
  const failed = running.then(
    () => undefined,
    (error: unknown) => error,
  );
  const url = `http://127.0.0.1:${port}`;
  const api: RunningApi = {
    url,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    lines,
    call: (method, path, options) => call(url, method, path, options),
    async stop() {
      stopping.abort(new Error('the test is over'));
      await running;
    },
  };
  const state = early ? '/healthz' : '/readyz';
  await eventually(`the api answers ${state}`, async () => {
    const ended = await Promise.race([failed, aborted(AbortSignal.timeout(1)).then(() => undefined)]);
    if (ended !== undefined) throw ended;
    return (await fetch(url + state).catch(() => undefined))?.ok;
  });
  return api;
}

async function call<T>(
  url: string,
  method: string,
  path: string,
  { key, body, headers, signal }: CallOptions = {},
): Promise<Answer<T>> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  // The shape is what the test then asserts on.
  return { status: response.status, headers: response.headers, body: (isJson && text !== '' ? JSON.parse(text) : text) as T };
}

export interface KeyOptions {
  readonly name: string;
  readonly namespace: string;
  readonly verbs?: readonly GrantedVerb[];
  readonly expiresAt?: Date;
}

/** Makes a key and waits until the control plane knows it. */
export async function makeKey({ admin, namespace: release }: Release, api: RunningApi, options: KeyOptions): Promise<string> {
  const { name, namespace, verbs = ['*'], expiresAt } = options;
  const key = generateApiKey();
  const record = { name, namespace, verbs, expiresAt, createdAt: new Date(), hash: hashApiKey(key) };
  await admin.create(secrets, toKeySecret(record, release));
  // Whatever it may do, a key that is known is neither refused nor slowed down.
  await eventually(
    `the key ${name} is known`,
    async () => ![401, 429].includes((await api.call('GET', '/v1/sandboxes', { key })).status),
  );
  return key;
}

export async function revokeKey({ admin, namespace }: Release, name: string): Promise<void> {
  await admin.delete(secrets, { namespace, name: secretNameOf(name) });
}
