import { ApiError } from '@sandfleet/contract';
import type { ControlPlane } from '@sandfleet/contract/control-plane';
import type { FastifyRequest, RouteShorthandOptions } from 'fastify';

import { authenticate, type Authority, type Principal } from '../auth/authenticate.ts';
import type { Verb } from '../keys/verbs.ts';
import type { Audit, AuditedAction } from './audit.ts';
import type { ApiMetrics } from './metrics.ts';

interface Permission {
  readonly verb: Verb;
  readonly audited?: AuditedAction;
}

/** What a key must carry for each operation. An operation that stands neither here nor is open is refused to everyone. */
const PERMISSIONS: Readonly<Partial<Record<keyof ControlPlane, Permission>>> = {
  createSandbox: { verb: 'sandboxes:create', audited: 'sandbox.create' },
  listSandboxes: { verb: 'sandboxes:list' },
  getSandbox: { verb: 'sandboxes:get' },
  deleteSandbox: { verb: 'sandboxes:delete', audited: 'sandbox.delete' },
  createToken: { verb: 'tokens:create', audited: 'token.create' },
  createTicket: { verb: 'tickets:create', audited: 'ticket.create' },
  getUrls: { verb: 'sandboxes:get' },
};

export interface Guard {
  /** The route's door: before the body is read, the credential is. */
  routeOptions(operationId: string, operation: { readonly open?: true }): RouteShorthandOptions;
  /** Who the door let in. */
  principalOf(request: FastifyRequest): Principal;
}

export interface GuardOptions {
  readonly authority: Authority;
  readonly audit: Audit;
  readonly metrics: ApiMetrics;
}

export function createGuard({ authority, audit, metrics }: GuardOptions): Guard {
  const principals = new WeakMap<FastifyRequest, Principal>();
  const check = (request: FastifyRequest, { verb, audited }: Permission): void => {
    const decision = authenticate(authority, { headers: request.headers, address: request.ip, verb, now: new Date() });
    metrics.countDecision(decision.reason);
    if (decision.allowed) return void principals.set(request, decision.principal);
    const { principal, reason } = decision;
    if (audited !== undefined && principal !== undefined) audit.denied({ action: audited, principal, request }, reason);
    throw decision.error;
  };
  return {
    routeOptions(operationId, { open }) {
      if (open === true) return {};
      const permission = PERMISSIONS[operationId as keyof ControlPlane];
      return { onRequest: async (request) => (permission === undefined ? refuse(operationId) : check(request, permission)) };
    },
    principalOf(request) {
      return principals.get(request) ?? refuse('an operation without a door');
    },
  };
}

function refuse(operationId: string): never {
  throw new ApiError('INTERNAL', { message: `${operationId} has no permission that could be given.` });
}
