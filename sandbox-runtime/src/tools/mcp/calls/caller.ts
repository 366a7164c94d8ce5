import type { FastifyRequest } from 'fastify';

import type { Guard } from '../../../server/auth/guard.ts';
import { viewOf, type View } from '../catalog/listed-tool.ts';

/** Whoever calls tools, as far as their calls must look as if they came from there. */
export interface Caller {
  /** Headers of one call that is made for them; whoever they are goes along. */
  headers(): Readonly<Record<string, string>>;
  readonly address: string;
  readonly requestId: string;
  /** Who the credential was given to, where it says so. */
  readonly subject: string | undefined;
  readonly session: string | undefined;
  readonly view: View;
}

/** What answers are made from that hold URLs for the caller. Credentials stay behind: the guard lends its own. */
const PASSED = [
  'host',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-prefix',
  'x-forwarded-for',
  'accept-language',
] as const;

export function callerOf(request: FastifyRequest, guard: Pick<Guard, 'innerHeaders'>): Caller {
  const { headers, access } = request;
  const passed = PASSED.flatMap((name): [string, string][] => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  const session = headers['mcp-session-id'];
  return {
    headers: () => ({ ...Object.fromEntries(passed), ...guard.innerHeaders(access), 'x-request-id': request.id }),
    address: request.ip,
    requestId: request.id,
    subject: access?.subject?.slice(0, 128),
    session: typeof session === 'string' ? session.slice(0, 128) : undefined,
    view: viewOf(request.query),
  };
}
