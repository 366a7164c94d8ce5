import { ApiError } from '@sandfleet/contract';
import type { Mode, Surface } from '@sandfleet/contract/control-plane';

import { isOwnPort } from '../request/address.ts';
import { badPath } from '../request/path.ts';
import type { Target } from '../request/surface.ts';

/** What a verified credential opens: the same for every kind of it. */
export interface Permit {
  readonly kind: 'token' | 'ticket' | 'session';
  readonly sandboxUid: string;
  /** Id of the sandbox, where the credential says it. */
  readonly sandboxName: string | undefined;
  readonly principal: string;
  readonly surfaces: ReadonlySet<Surface>;
  readonly mode: Mode;
  /** The one port that a preview is held to; all of them when undefined. */
  readonly port: number | undefined;
  /** Id of the key that signed it: with the key goes the permit. */
  readonly keyId: string;
  /** Milliseconds since the epoch, like `expiresAt`. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface Action {
  readonly method: string;
  readonly isUpgrade: boolean;
}

/** Servers of the sandbox that have a surface of their own: a preview of their ports needs that surface too. */
const SURFACE_OF_PORT: ReadonlyMap<number, Surface> = new Map([
  [5900, 'vnc'],
  [6080, 'vnc'],
  [8200, 'codeServer'],
  [8888, 'jupyter'],
  [9222, 'cdp'],
]);

export function isSafeMethod(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

/**
 * Holds a request to the surfaces, the mode and the port of its credential.
 *
 * @throws ApiError SCOPE_MISSING, BAD_PATH
 */
export function requirePermission(permit: Permit, target: Target, action: Action): void {
  const refusal = refusalBy(permit, target, action);
  if (refusal !== undefined) throw refusal;
}

/** Why a credential does not open what a request asks for; undefined when it does. */
export function refusalBy(permit: Permit, target: Target, action: Action): ApiError | undefined {
  if (!permit.surfaces.has(target.surface)) return missing(`The credential does not open ${target.surface}.`);
  const byPort = target.surface === 'preview' ? refusalByPort(permit, target.port) : undefined;
  return byPort ?? (permit.mode === 'view' ? refusalByView(target.surface, action) : undefined);
}

/**
 * Holds the making of tickets to tokens: a ticket, and the cookie that it was exchanged for, must not renew themselves.
 *
 * @throws ApiError FORBIDDEN
 */
export function requireToken({ kind, mode }: Permit): void {
  if (kind !== 'token' || mode === 'view')
    throw new ApiError('FORBIDDEN', { message: 'A ticket needs a token that may act; a ticket makes no tickets.' });
}

function refusalByPort(permit: Permit, port: number | undefined): ApiError | undefined {
  if (port === undefined) return badPath('A preview needs a port from 1 to 65535, written plainly.');
  if (isOwnPort(port)) return missing(`Port ${port} is the sandbox's own server; use its URL without a port.`);
  if (permit.port !== undefined)
    return permit.port === port ? undefined : missing(`The credential opens port ${permit.port} alone.`);
  const surface = SURFACE_OF_PORT.get(port);
  if (surface === undefined || permit.surfaces.has(surface)) return undefined;
  return missing(`Port ${port} needs a credential that opens ${surface}.`);
}

/** Looking on: no request that changes something, and the one socket whose input the sandbox drops for a viewer. */
function refusalByView(surface: Surface, { method, isUpgrade }: Action): ApiError | undefined {
  if (surface === 'cdp') return missing('The credential is for viewing; the debugger acts on plain reads too.');
  if (isUpgrade && surface !== 'vnc') return missing('The credential is for viewing; this socket also acts.');
  return isSafeMethod(method) ? undefined : missing('The credential is for viewing; this request changes something.');
}

function missing(message: string): ApiError {
  return new ApiError('SCOPE_MISSING', { message });
}
