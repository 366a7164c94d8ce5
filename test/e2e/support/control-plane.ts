import { cluster } from './cluster.ts';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

export interface SandboxView {
  readonly id: string;
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly url: string;
  readonly createdAt: string;
}

interface RestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the control plane with the API key of `hack/env` unless `headers` names another credential. */
export async function rest<T>(method: string, path: string, { body, headers }: RestOptions = {}): Promise<Answer<T>> {
  const { apiUrl, apiKey } = cluster();
  const response = await fetch(new URL(path, apiUrl), {
    method,
    headers: {
      ...(headers ?? { authorization: `Bearer ${apiKey}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  // The shape is what the test then asserts on.
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
}
