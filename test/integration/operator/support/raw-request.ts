import { once } from 'node:events';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { json } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';

import type { Access } from '@sandfleet/kube';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request as it is, for what the client has no word for. */
export async function rawRequest(
  { server, headers, tls }: Access,
  { method, path, body, headers: more }: RawRequest,
): Promise<RawAnswer> {
  const options = { method, headers: { ...headers, 'content-type': 'application/json', ...more }, ca: tls?.ca } as RequestOptions;
  const outgoing = httpsRequest(new URL(path, server), options);
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: (await json(response)) as RawAnswer['body'] };
}
