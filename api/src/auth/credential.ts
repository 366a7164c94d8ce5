import type { IncomingHttpHeaders } from 'node:http';

/** What a request brought to prove who it is: nothing, something that cannot be read, or a text to look up. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'key'; readonly text: string };

const BEARER = /^bearer +([^\s,]+) *$/i;
/** No key of ours comes near this. */
const MAX_LENGTH = 8192;

/** Reads `Authorization: Bearer …` or `X-API-Key: …`. Never the query: it would end up in logs and histories. */
export function credentialOf(headers: IncomingHttpHeaders): Credential {
  const { authorization, 'x-api-key': apiKey } = headers;
  if (authorization !== undefined && apiKey !== undefined)
    return unreadable('Send the API key in Authorization or in X-API-Key, not in both.');
  if (Array.isArray(apiKey)) return unreadable('Send X-API-Key once.');
  const text = apiKey ?? (authorization === undefined ? undefined : BEARER.exec(authorization)?.[1]);
  if (text === undefined)
    return authorization === undefined ? { kind: 'none' } : unreadable('Authorization must be "Bearer" and the API key.');
  if (text === '' || text.length > MAX_LENGTH) return unreadable('The API key is empty or too long.');
  return { kind: 'key', text };
}

function unreadable(message: string): Credential {
  return { kind: 'unreadable', message };
}
