import { ApiError } from '@sandfleet/contract';

import type { Access } from '../access.ts';
import type { Target } from './target.ts';

export interface Action {
  readonly method: string;
  readonly isUpgrade: boolean;
}

export const isSafeMethod = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/**
 * Holds a request to what its credential is for.
 *
 * @throws ApiError SCOPE_MISSING
 */
export function requirePermission(access: Access, target: Target, action: Action): void {
  if (access.surface !== undefined) requireSurface(access, target);
  if (access.mode === 'view') requireView(target, action);
  if (access.kind === 'ticket' && access.surface !== undefined) requirePage(target, action);
}

function requireSurface({ surface, port }: Access, target: Target): void {
  if (surface !== target.surface) throw missing(`The credential opens ${surface}, and this is ${target.surface}.`);
  if (port !== undefined && port !== target.port) throw missing(`The credential opens port ${port} alone.`);
}

/** Looking on: nothing that changes something, and the one socket whose input the server drops for a viewer. */
function requireView({ surface }: Target, { method, isUpgrade }: Action): void {
  if (surface === 'cdp') throw missing('The credential is for viewing; the debugger acts on plain reads too.');
  if (isUpgrade && surface !== 'vnc') throw missing('The credential is for viewing; this socket also acts.');
  if (!isSafeMethod(method)) throw missing('The credential is for viewing; this request changes something.');
}

/** A ticket for a surface with pages is for its page and the page's socket. */
function requirePage({ surface }: Target, { method }: Action): void {
  if (surface !== 'rest' && surface !== 'mcp' && method !== 'GET')
    throw missing('The ticket opens a page and its socket; send another credential for this.');
}

function missing(message: string): ApiError {
  return new ApiError('SCOPE_MISSING', { message });
}
