import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';

import type { Address } from './address.ts';

export interface Sending {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: Uint8Array | string | undefined;
  readonly contentType?: string;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly content: Buffer;
}

/** Nobody answers there. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** @throws UnreachableError */
export async function send(address: Address, { method, path, token, body, contentType }: Sending): Promise<Answer> {
  const options: RequestOptions = {
    method,
    headers: {
      accept: 'application/json, */*',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  };
  try {
    const response = await answered(address, path, { options, body });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      content: Buffer.concat(chunks),
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UnreachableError(`The sandbox can't be reached at ${address.shown} (${code})`, { cause: error });
  }
}

interface Asking {
  readonly options: RequestOptions;
  readonly body: Uint8Array | string | undefined;
}

async function answered(address: Address, path: string, { options, body }: Asking): Promise<IncomingMessage> {
  const isSecure = address.kind === 'url' && address.base.startsWith('https:');
  // TLS takes longer to load than all else here.
  const begin = isSecure ? (await import('node:https')).request : plainRequest;
  return new Promise((resolve, reject) => {
    const sent =
      address.kind === 'socket'
        ? begin({ ...options, socketPath: address.path, path, host: 'localhost' }, resolve)
        : begin(`${address.base}${path}`, options, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}
