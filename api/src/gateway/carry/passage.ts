import type { Permit } from '../access/permit.ts';
import { requestHead } from '../upstream/request-head.ts';
import type { Visit } from '../visit.ts';

/** A request on its way: let through, with the token that its pod takes. */
export interface Passage {
  readonly visit: Visit;
  readonly permit: Permit;
  readonly podToken: string;
  readonly requestId: string;
  readonly scheme: 'http' | 'https';
}

export type BodyKind = Parameters<typeof requestHead>[0]['body'];

const NO_BODY: BodyKind = { kind: 'none' };
const CHUNKED: BodyKind = { kind: 'chunked' };

/** How the request's body is framed: by what Node's parser goes by, whatever headers were dropped on the way. */
export function bodyOf({ headers }: Visit): BodyKind {
  if (headers.isChunked) return CHUNKED;
  if (headers.contentLength === undefined) return NO_BODY;
  return { kind: 'length', length: headers.contentLength };
}

export function hasBody(body: BodyKind): boolean {
  return body.kind === 'chunked' || (body.kind === 'length' && body.length !== '0');
}

/** The head that goes to the pod. */
export function headFor({ visit, permit, podToken, requestId, scheme }: Passage): string {
  const { address, headers, credentials, isUpgrade, clientAddress, method } = visit;
  return requestHead({
    method,
    target: address.path + credentials.query,
    passed: headers.passed,
    host: headers.host,
    cookie: credentials.cookie,
    podToken,
    clientAddress,
    scheme,
    prefix: address.prefix,
    requestId,
    mode: permit.mode,
    previewPort: address.port,
    body: isUpgrade ? NO_BODY : bodyOf(visit),
    upgrade: isUpgrade ? 'websocket' : undefined,
  });
}
