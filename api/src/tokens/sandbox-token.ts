import { isSurface, SURFACES, type Surface } from '@sandfleet/contract/control-plane';

import { isText, TOKEN_TYPES, verifyToken, type CommonClaims, type Verified } from './claims.ts';
import type { KeySets } from './key-sets.ts';
import { mint, type MintedToken } from './mint.ts';

/** What makes a sandbox this one and no other; the name is for people, the UID decides. */
export interface SandboxIdentity {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
}

export interface SandboxTokenRequest {
  readonly issuer: string;
  readonly sandbox: SandboxIdentity;
  readonly principal: string;
  /** Every surface when left out. */
  readonly scope?: readonly Surface[] | undefined;
  readonly ttlSeconds: number;
  readonly now: Date;
}

export interface SandboxTokenClaims extends CommonClaims {
  readonly sandbox: string;
  readonly namespace: string;
  readonly scope: readonly Surface[];
}

export interface VerifyOptions {
  readonly issuer: string;
  /** UID of the sandbox that the credential is used on. */
  readonly audience?: string | undefined;
  readonly now: Date;
}

/** A token for the REST, MCP and socket clients of one sandbox, sent as `Authorization: Bearer`. */
export function mintSandboxToken(keys: KeySets, request: SandboxTokenRequest): Promise<MintedToken> {
  const { sandbox, scope = SURFACES, ...rest } = request;
  const claims = { sandbox: sandbox.name, namespace: sandbox.namespace, scope: scope.join(' ') };
  return mint(keys.sandboxTokens, { ...rest, type: TOKEN_TYPES.sandbox, audience: sandbox.uid, claims });
}

export function verifySandboxToken(
  keys: KeySets,
  token: string,
  options: VerifyOptions & { readonly maxLifetimeSeconds: number },
): Promise<Verified<SandboxTokenClaims>> {
  return verifyToken(keys.sandboxTokens, token, { ...options, type: TOKEN_TYPES.sandbox, read: readSandboxToken });
}

function readSandboxToken(common: CommonClaims, claims: Readonly<Record<string, unknown>>): SandboxTokenClaims | undefined {
  const { sandbox, namespace, scope } = claims;
  if (!isText(sandbox) || !isText(namespace) || typeof scope !== 'string') return undefined;
  // A later version may know more surfaces than this one; what is not known here opens nothing here.
  return { ...common, sandbox, namespace, scope: scope.split(' ').filter(isSurface) };
}
