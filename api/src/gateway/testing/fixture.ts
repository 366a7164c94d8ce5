import { createLogger, Registry, type Logger } from '@sandfleet/server-kit';
import type { Surface } from '@sandfleet/contract/control-plane';

import { generateSigningKeys, KeySets } from '../../tokens/key-sets.ts';
import { mintSandboxToken } from '../../tokens/sandbox-token.ts';
import { mintTicket, type Grant } from '../../tokens/ticket.ts';
import { Gateway, type GatewayOptions } from '../gateway.ts';
import { createGatewayMetrics } from '../metrics.ts';
import { hostsOf } from '../request/host.ts';
import { RouteTable } from '../routing/route-table.ts';
import type { PodView, SandboxView } from '../routing/views.ts';

export const ISSUER = 'sandfleet';
export const MAX_LIFETIME_SECONDS = 86_400;

export interface FixtureOptions {
  readonly url?: string;
  readonly domain?: string;
  readonly trustsPages?: boolean;
  readonly log?: Logger;
  readonly accessLog?: Logger;
  readonly pools?: GatewayOptions['pools'];
  readonly tickets?: GatewayOptions['tickets'];
  readonly keys?: KeySets;
  readonly maxConnections?: number;
  readonly timing?: GatewayOptions['timing'];
  readonly now?: () => Date;
}

export interface NewSandbox {
  readonly id: string;
  readonly uid?: string;
  readonly podUid?: string;
  readonly ip?: string;
  readonly isReady?: boolean;
}

export interface TokenOptions {
  readonly scope?: readonly Surface[];
  readonly ttlSeconds?: number;
  readonly now?: Date;
}

/** Single use within one process, for tests that are not about replicas. */
export function memoryTickets(): GatewayOptions['tickets'] {
  const spent = new Set<string>();
  return {
    redeem: async (jti) => {
      const isFirst = !spent.has(jti);
      spent.add(jti);
      return isFirst;
    },
  };
}

/** Keys that no other fixture has. */
export async function createKeys(): Promise<KeySets> {
  return keysOf(generateSigningKeys());
}

/** To make an RSA key takes longer than most tests: those that don't care whose they are share these. */
let common: ReturnType<typeof generateSigningKeys> | undefined;

function commonKeys(): Promise<KeySets> {
  common ??= generateSigningKeys();
  return keysOf(common);
}

async function keysOf(entries: ReturnType<typeof generateSigningKeys>): Promise<KeySets> {
  const keys = new KeySets();
  keys.update(await entries);
  return keys;
}

/** A real gateway on loopback whose watch caches are filled by hand. Pods are servers on loopback addresses. */
export class GatewayFixture {
  readonly keys: KeySets;
  readonly routes: RouteTable;
  readonly gateway: Gateway;
  readonly registry: Registry;
  port = 0;

  private constructor(keys: KeySets, options: FixtureOptions) {
    this.keys = keys;
    this.routes = new RouteTable(() => true);
    this.registry = new Registry();
    this.gateway = new Gateway({
      hosts: hostsOf({ url: options.url, domain: options.domain }),
      keys,
      issuer: ISSUER,
      maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
      ticketTtlSeconds: 30,
      sessionTtlSeconds: 3600,
      maxConnections: options.maxConnections ?? 10_000,
      routes: this.routes,
      trustsPages: options.trustsPages ?? false,
      tickets: options.tickets ?? memoryTickets(),
      metrics: createGatewayMetrics(this.registry),
      log: options.log ?? createLogger({ name: 'gateway', level: 'silent' }),
      ...(options.accessLog === undefined ? {} : { accessLog: options.accessLog }),
      ...(options.timing === undefined ? {} : { timing: options.timing }),
      ...(options.now === undefined ? {} : { now: options.now }),
      ...(options.pools === undefined ? {} : { pools: options.pools }),
    });
  }

  static async start(options: FixtureOptions = {}): Promise<GatewayFixture> {
    const fixture = new GatewayFixture(options.keys ?? (await commonKeys()), options);
    fixture.port = (await fixture.gateway.listen(0, '127.0.0.1')).port;
    return fixture;
  }

  stop(): Promise<void> {
    return this.gateway.drain(0);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  addSandbox({ id, uid = `uid-of-${id}`, podUid = `pod-of-${id}`, ip = '127.0.0.1', isReady = true }: NewSandbox): SandboxView {
    const view = { id, uid, namespace: 'default', createdAt: '2026-01-01T00:00:00Z', isDeleting: false, reason: undefined };
    this.routes.setSandbox(view);
    this.setPod({ uid: podUid, sandboxUid: uid, ip, isReady });
    return view;
  }

  setPod(pod: Pick<PodView, 'uid' | 'sandboxUid'> & Partial<PodView>): void {
    const keyId = this.keys.podTokens.active.kid;
    const defaults = { namespace: 'default', createdAt: '2026-01-01T00:00:00Z', ip: '127.0.0.1', keyId };
    const { retired, closed } = this.routes.setPod({ ...defaults, isReady: true, isTerminating: false, isOver: false, ...pod });
    for (const uid of retired) this.gateway.pools.retire(uid);
    for (const uid of closed) this.gateway.pools.close(uid);
  }

  removePod(uid: string, sandboxUid: string): void {
    for (const closed of this.routes.removePod({ uid, sandboxUid }).closed) this.gateway.pools.close(closed);
  }

  removeSandbox(view: SandboxView): void {
    for (const closed of this.routes.removeSandbox(view).closed) this.gateway.pools.close(closed);
  }

  async token({ id, uid }: Pick<SandboxView, 'id' | 'uid'>, options: TokenOptions = {}): Promise<string> {
    const { scope, ttlSeconds = 600, now = new Date() } = options;
    const sandbox = { uid, name: id, namespace: 'default' };
    return (await mintSandboxToken(this.keys, { issuer: ISSUER, sandbox, principal: 'apikey:ci', scope, ttlSeconds, now })).token;
  }

  async ticket({ uid }: Pick<SandboxView, 'uid'>, grant: Grant): Promise<string> {
    const common = { issuer: ISSUER, sandboxUid: uid, principal: 'apikey:ci', ttlSeconds: 30, now: new Date() };
    return (await mintTicket(this.keys, { ...common, ...grant })).token;
  }
}
