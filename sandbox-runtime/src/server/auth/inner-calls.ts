import { Socket } from 'node:net';

import type { FastifyRequest } from 'fastify';

import type { Access } from '../access.ts';
import { digestKey, newSecret } from './secret.ts';

const HEADER = 'x-sandfleet-inner';
/** One that is never sent must not stay for ever. */
const MAX_PENDING = 1024;

/**
 * Calls that one route makes of others in this process (`app.inject`): they come with the access of the request that they are made
 * for, whatever its credential was. A ticket is spent by then, and a cookie or the UNIX socket can't be sent along.
 */
export class InnerCalls {
  readonly #pending = new Map<string, Access>();

  /** Headers for one call. Surfaces are the caller's to have checked: an MCP tool reads files for whoever may use MCP. */
  headersFor(access: Access): Readonly<Record<string, string>> {
    if (this.#pending.size >= MAX_PENDING) this.#pending.delete(this.#pending.keys().next().value ?? '');
    const { kind, mode, subject } = access;
    const secret = newSecret();
    this.#pending.set(digestKey(secret), { kind, mode, ...(subject === undefined ? {} : { subject }) });
    return { [HEADER]: secret };
  }

  /** Once for each secret, and never for what came by a connection. */
  take({ raw, headers }: FastifyRequest): Access | undefined {
    const secret = headers[HEADER];
    if (typeof secret !== 'string' || raw.socket instanceof Socket) return undefined;
    const key = digestKey(secret);
    const access = this.#pending.get(key);
    this.#pending.delete(key);
    return access;
  }
}
