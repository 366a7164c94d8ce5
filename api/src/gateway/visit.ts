import { credentialsOf, type Credentials } from './access/credentials.ts';
import { addressOf, type Address, type Redirect } from './request/address.ts';
import { readHeaders, type RequestHeaders } from './request/headers.ts';
import type { Hosts } from './request/host.ts';
import { badPath, canonicalPath } from './request/path.ts';
import { isSameTarget, surfaceOf, type Target } from './request/surface.ts';

/** One request, read and understood, before anyone asked who it is from. */
export interface Visit {
  readonly method: string;
  readonly headers: RequestHeaders;
  readonly address: Address;
  readonly target: Target;
  readonly credentials: Credentials;
  readonly isUpgrade: boolean;
  /** Address of the TCP peer. */
  readonly clientAddress: string;
}

export interface RawRequest {
  readonly method: string;
  /** Request target as sent. */
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly isUpgrade: boolean;
  readonly clientAddress: string;
}

/**
 * Reads a request.
 *
 * @throws ApiError BAD_REQUEST, UNKNOWN_HOST, NOT_FOUND, BAD_PATH
 */
export function readVisit(hosts: Hosts, { method, target, rawHeaders, isUpgrade, clientAddress }: RawRequest): Visit | Redirect {
  const headers = readHeaders(rawHeaders);
  const address = addressOf(hosts, headers.host, target);
  if ('redirect' in address) return address;
  return {
    method,
    headers,
    address,
    target: targetOf(address),
    credentials: credentialsOf(headers, address.query),
    isUpgrade,
    clientAddress,
  };
}

/** The bytes that go on are those that were sent, so a path must belong to one surface however the sandbox reads it. */
function targetOf({ path, port }: Address): Target {
  const canonical = canonicalPath(path);
  if (port !== undefined) return { surface: 'preview', port };
  const target = surfaceOf(path);
  if (canonical !== path && !isSameTarget(target, surfaceOf(canonical)))
    throw badPath('The path can be read in two ways; send it without escapes, empty segments and parameters.');
  return target;
}
