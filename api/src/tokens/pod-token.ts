import { ApiError } from '@sandfleet/contract';
import type { Mode, Surface } from '@sandfleet/contract/control-plane';

import { TOKEN_TYPES } from './claims.ts';
import type { KeySets } from './key-sets.ts';
import { mint, type MintedToken } from './mint.ts';

export const POD_TOKEN_ISSUER = 'sandfleet-gateway';
export const POD_TOKEN_MAX_SECONDS = 300;

export interface PodTokenRequest {
  /** Id of the public key that the pod was started with (its annotation `sandfleet.dev/pod-key`). */
  readonly kid: string;
  /** A token of one pod is useless on its sibling, even by pod IP. */
  readonly podUid: string;
  readonly sandboxUid: string;
  readonly principal: string;
  readonly surface: Surface;
  readonly mode: Mode;
  readonly ttlSeconds: number;
  readonly now: Date;
}

/**
 * The inner token, with which the gateway speaks to one pod.
 *
 * @throws ApiError SANDBOX_NOT_READY when the key that the pod knows was dropped: the operator has yet to replace the pod.
 */
export async function mintPodToken(keys: KeySets, request: PodTokenRequest): Promise<MintedToken> {
  const { kid, podUid, sandboxUid, surface, mode, principal, ttlSeconds, now } = request;
  if (ttlSeconds > POD_TOKEN_MAX_SECONDS) throw new RangeError(`a pod token lives ${POD_TOKEN_MAX_SECONDS} s at most`);
  const key = keys.podTokens.keys.get(kid);
  if (key?.privateKey === undefined)
    throw new ApiError('SANDBOX_NOT_READY', {
      message: 'The sandbox was started with a key that is not in use any more; it has to be started again.',
      retryAfterSeconds: 10,
    });
  const claims = { sandbox: sandboxUid, surface, mode };
  return mint(keys.podTokens, {
    type: TOKEN_TYPES.pod,
    issuer: POD_TOKEN_ISSUER,
    audience: podUid,
    principal,
    ttlSeconds,
    now,
    claims,
    key,
  });
}
