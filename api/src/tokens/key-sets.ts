import { ApiError } from '@sandfleet/contract';
import { PUBLIC_KEYS } from '@sandfleet/crds';

import { generateKeySet, KeySetError, parseKeySet, toJwks, toPem, type KeySet } from './key-set.ts';

/** Entries of the Secret that holds the signing keys. */
export const SIGNING_KEYS = { sandboxTokens: 'sandbox-tokens.json', podTokens: 'pod-tokens.json' } as const;

interface Loaded {
  readonly sandboxTokens: KeySet;
  readonly podTokens: KeySet;
}

/** The signing keys as last seen in their Secret. Until they are seen, and after the Secret is gone, nothing is signed or verified. */
export class KeySets {
  #loaded: Loaded | undefined;

  get ready(): boolean {
    return this.#loaded !== undefined;
  }

  get sandboxTokens(): KeySet {
    return this.#require().sandboxTokens;
  }

  get podTokens(): KeySet {
    return this.#require().podTokens;
  }

  /**
   * Takes over the Secret's entries, decoded to text.
   *
   * @throws KeySetError when they cannot be used; the keys of before then stay.
   */
  update(entries: Readonly<Record<string, string | undefined>>): void {
    this.#loaded = {
      sandboxTokens: parseEntry(entries, SIGNING_KEYS.sandboxTokens, 'RS256'),
      podTokens: parseEntry(entries, SIGNING_KEYS.podTokens, 'EdDSA'),
    };
  }

  clear(): void {
    this.#loaded = undefined;
  }

  #require(): Loaded {
    if (this.#loaded === undefined)
      throw new ApiError('NOT_READY', { message: 'The signing keys are not loaded yet.', retryAfterSeconds: 2 });
    return this.#loaded;
  }
}

/** What a new Secret holds. */
export async function generateSigningKeys(): Promise<Record<string, string>> {
  const [sandboxTokens, podTokens] = await Promise.all([generateKeySet('RS256'), generateKeySet('EdDSA')]);
  return { [SIGNING_KEYS.sandboxTokens]: sandboxTokens, [SIGNING_KEYS.podTokens]: podTokens };
}

/** What the public ConfigMap holds; the same keys always give the same text. */
export function toPublicKeys({ sandboxTokens, podTokens }: Pick<KeySets, 'sandboxTokens' | 'podTokens'>): Record<string, string> {
  return {
    [PUBLIC_KEYS.sandboxTokensJwks]: JSON.stringify(toJwks(sandboxTokens)),
    [PUBLIC_KEYS.podTokensJwks]: JSON.stringify(toJwks(podTokens)),
    [PUBLIC_KEYS.podTokensKid]: podTokens.active.kid,
    [PUBLIC_KEYS.podTokensPem]: toPem(podTokens.active),
  };
}

function parseEntry(entries: Readonly<Record<string, string | undefined>>, name: string, algorithm: 'RS256' | 'EdDSA'): KeySet {
  const text = entries[name];
  if (text === undefined) throw new KeySetError(`${name} is missing`);
  try {
    return parseKeySet(text, algorithm);
  } catch (error) {
    throw error instanceof KeySetError ? new KeySetError(`${name}: ${error.message}`) : error;
  }
}
