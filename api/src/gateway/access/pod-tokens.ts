import type { Surface } from '@sandfleet/contract/control-plane';
import { LRUCache } from 'lru-cache';

import type { KeySets } from '../../tokens/key-sets.ts';
import { mintPodToken, POD_TOKEN_MAX_SECONDS, type PodTokenRequest } from '../../tokens/pod-token.ts';
import type { PodRoute } from '../routing/route.ts';
import type { Permit } from './permit.ts';

interface Known {
  readonly token: string;
  readonly expiresAt: number;
}

const KNOWN_TOKENS = 20_000;
/** A token goes out with at least this much life: a pod's clock may be ahead, and its queue long. */
const MIN_LIFE_MS = 60_000;

/** The inner tokens, one for each pod, principal, surface and mode; signed once and used until they are close to their end. */
export class PodTokens {
  readonly #keys: KeySets;
  readonly #now: () => Date;
  readonly #known = new LRUCache<string, Known>({ max: KNOWN_TOKENS });

  constructor(keys: KeySets, now: () => Date) {
    this.#keys = keys;
    this.#now = now;
  }

  /** At once where there is one. @throws ApiError SANDBOX_NOT_READY */
  get(permit: Permit, pod: PodRoute, surface: Surface): string | Promise<string> {
    const key = `${pod.uid} ${surface} ${permit.mode} ${permit.principal}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.expiresAt - this.#now().getTime() >= MIN_LIFE_MS) return known.token;
    return this.#mint(key, {
      kid: pod.keyId,
      podUid: pod.uid,
      sandboxUid: permit.sandboxUid,
      principal: permit.principal,
      surface,
      mode: permit.mode,
      ttlSeconds: POD_TOKEN_MAX_SECONDS,
      now: this.#now(),
    });
  }

  async #mint(key: string, request: PodTokenRequest): Promise<string> {
    const { token, expiresAt } = await mintPodToken(this.#keys, request);
    this.#known.set(key, { token, expiresAt: expiresAt.getTime() });
    return token;
  }
}
