import { rewriteLocation } from './location.ts';
import { rewriteSetCookie } from './set-cookie.ts';

export interface ResponseContext {
  /** `/s/{id}` in path mode, else empty. */
  readonly prefix: string;
  /** Host header of the request. */
  readonly host: string;
  readonly requestId: string;
  /** Whether a page under a prefix keeps the origin that all sandboxes share there. */
  readonly trustsPages: boolean;
}

type Action = 'drop' | 'location' | 'cookie' | 'type';

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  // For one hop alone (RFC 9110 7.6.1).
  ['connection', 'drop'],
  ['keep-alive', 'drop'],
  ['proxy-authenticate', 'drop'],
  ['proxy-authorization', 'drop'],
  ['proxy-connection', 'drop'],
  ['te', 'drop'],
  ['trailer', 'drop'],
  ['transfer-encoding', 'drop'],
  ['upgrade', 'drop'],
  // Set by the gateway itself.
  ['referrer-policy', 'drop'],
  ['x-content-type-options', 'drop'],
  ['x-request-id', 'drop'],
  // They act on more than the sandbox's own pages: the whole host, its siblings, or all later connections.
  ['alt-svc', 'drop'],
  ['clear-site-data', 'drop'],
  ['strict-transport-security', 'drop'],
  ['public-key-pins', 'drop'],
  ['nel', 'drop'],
  ['report-to', 'drop'],
  ['service-worker-allowed', 'drop'],
  // Orders to a proxy in front: it would answer with another of its places, or with a file, whoever may see those.
  ['x-accel-redirect', 'drop'],
  ['x-sendfile', 'drop'],
  ['location', 'location'],
  ['set-cookie', 'cookie'],
  ['content-type', 'type'],
]);

/** In path mode all sandboxes share an origin; this gives each page an opaque one, from which browsers open no WebSocket. */
const SANDBOX_POLICY = 'sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads';

/** Types that a browser never runs as a document. Everything else, and an answer without a type, gets the policy. */
const INERT =
  /^\s*(?:application\/(?:(?:[\w.-]+\+)?json|javascript|octet-stream|pdf|wasm|zip|gzip)|text\/(?:plain|css|javascript|csv|event-stream)|image\/(?!svg)|audio\/|video\/|font\/)/i;

/** The headers of a sandbox's answer as they go to the client: name, value, name, value, … */
export function rewriteHeaders(headers: readonly string[], context: ResponseContext): string[] {
  const out: string[] = [];
  let type: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    let value: string | undefined = headers[i + 1] ?? '';
    const action = ACTIONS.get(name.toLowerCase());
    if (action === 'drop') continue;
    if (action === 'type') type = value;
    if (action === 'location') value = rewriteLocation(value, context.prefix, context.host);
    if (action === 'cookie') value = rewriteSetCookie(value, context.prefix);
    if (value !== undefined) out.push(name, value);
  }
  out.push('Referrer-Policy', 'no-referrer', 'X-Content-Type-Options', 'nosniff', 'X-Request-Id', context.requestId);
  const isIsolated = context.prefix !== '' && !context.trustsPages;
  if (isIsolated && (type === undefined || !INERT.test(type))) out.push('Content-Security-Policy', SANDBOX_POLICY);
  return out;
}
