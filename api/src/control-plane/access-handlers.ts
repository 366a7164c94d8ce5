import { ApiError } from '@sandfleet/contract';
import { isSurface, SURFACES, type ControlPlane, type Surface, type UrlsView } from '@sandfleet/contract/control-plane';
import type { GatewayAddress } from '@sandfleet/crds';
import type { Handlers } from '@sandfleet/server-kit';

import { framesOf } from '../tokens/frames.ts';
import type { KeySets } from '../tokens/key-sets.ts';
import { mintSandboxToken } from '../tokens/sandbox-token.ts';
import { mintTicket } from '../tokens/ticket.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { findSandbox, type Cluster } from './find-sandbox.ts';
import type { Guard } from './guard.ts';
import type { ApiMetrics } from './metrics.ts';
import type { SandboxObject } from './sandbox-store.ts';
import { ticketUrl, urlsOf, type TicketTarget } from './urls.ts';

export interface TokenPolicy {
  readonly issuer: string;
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly ticketTtlSeconds: number;
}

export interface AccessHandlersOptions {
  readonly cluster: Cluster;
  readonly gateway: GatewayAddress;
  readonly keys: KeySets;
  readonly policy: TokenPolicy;
  readonly guard: Guard;
  readonly audit: Audit;
  readonly metrics: ApiMetrics;
}

type AccessHandlers = Pick<Handlers<ControlPlane>, 'createToken' | 'createTicket' | 'getUrls'>;

export function accessHandlers(options: AccessHandlersOptions): AccessHandlers {
  const { cluster, gateway, keys, policy, guard, audit, metrics } = options;
  const find = async (namespace: string, id: string, entry: AuditEntry): Promise<SandboxObject> => {
    entry.sandbox = id.slice(0, 63);
    const sandbox = await findSandbox(cluster, namespace, id);
    entry.sandboxUid = sandbox.metadata.uid;
    if (sandbox.metadata.deletionTimestamp === undefined) return sandbox;
    throw new ApiError('SANDBOX_GONE', { message: `The sandbox ${sandbox.metadata.name} is being deleted.` });
  };
  return {
    async createToken({ params, body }, { request }) {
      const principal = guard.principalOf(request);
      const ttlSeconds = ttlOf(body.ttlSeconds, policy);
      const scope = scopeOf(body.scope);
      return audit.run({ action: 'token.create', principal, request }, async (entry) => {
        const { metadata: sandbox } = await find(principal.namespace, params.id, entry);
        const grant = { issuer: policy.issuer, sandbox, principal: principal.name, scope, ttlSeconds, now: new Date() };
        const { token, expiresAt } = await mintSandboxToken(keys, grant);
        entry.detail = { scope: scope.join(' '), ttlSeconds };
        metrics.countToken('sandbox');
        return { token, expiresAt: expiresAt.toISOString(), scope: scope.join(' ') };
      });
    },

    async createTicket({ params, body }, { request }) {
      const principal = guard.principalOf(request);
      const target = targetOf(body);
      const { mode = 'control', ttlSeconds = policy.ticketTtlSeconds } = body;
      return audit.run({ action: 'ticket.create', principal, request }, async (entry) => {
        const { metadata } = await find(principal.namespace, params.id, entry);
        const urls = requireUrls(gateway, metadata.name);
        const frames = framesOf(target.surface, mode);
        const grant = { ...target, mode, frames, ttlSeconds, issuer: policy.issuer, sandboxUid: metadata.uid };
        const { token } = await mintTicket(keys, { ...grant, principal: principal.name, now: new Date() });
        entry.detail = { ...target, mode, ttlSeconds };
        metrics.countToken('ticket');
        return { ticket: token, expiresIn: ttlSeconds, url: ticketUrl(urls, target, token) };
      });
    },

    async getUrls({ params }, { request }) {
      const { metadata } = await findSandbox(cluster, guard.principalOf(request).namespace, params.id);
      return requireUrls(gateway, metadata.name);
    },
  };
}

function ttlOf(asked: number | undefined, { ttlSeconds, maxTtlSeconds }: TokenPolicy): number {
  if (asked === undefined) return Math.min(ttlSeconds, maxTtlSeconds);
  if (asked <= maxTtlSeconds) return asked;
  throw invalid('ttlSeconds', `must be <= ${maxTtlSeconds}, which is the longest that this installation allows`);
}

/** The door let known surfaces through alone; each counts once. */
function scopeOf(scope: string | undefined): readonly Surface[] {
  return scope === undefined ? SURFACES : [...new Set(scope.split(' ').filter(isSurface))];
}

function targetOf({ surface, port }: { surface: Surface; port?: number }): TicketTarget {
  if (surface === 'preview') {
    if (port === undefined) throw invalid('port', 'is required with the surface preview: a ticket opens one port');
    return { surface, port };
  }
  if (port !== undefined) throw invalid('port', 'has a meaning with the surface preview alone; leave it out');
  return { surface };
}

function requireUrls(gateway: GatewayAddress, id: string): UrlsView {
  const urls = urlsOf(gateway, id);
  if (urls !== undefined) return urls;
  const message = 'The gateway has no public address; its administrator sets SANDFLEET_GATEWAY_URL or SANDFLEET_GATEWAY_DOMAIN.';
  throw new ApiError('NOT_READY', { message });
}

function invalid(field: string, message: string): ApiError {
  return new ApiError('VALIDATION_FAILED', {
    message: `body.${field} ${message}`,
    fields: [{ location: ['body', field], message, rule: 'policy' }],
  });
}
