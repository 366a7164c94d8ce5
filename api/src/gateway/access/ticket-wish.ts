import { ApiError } from '@sandfleet/contract';
import { isMode, isSurface, MODES, SURFACES, type Mode, type Surface } from '@sandfleet/contract/control-plane';

import type { Visit } from '../visit.ts';

/** What somebody wants a ticket for, as the body of the published `POST /tickets` says it. */
export interface TicketWish {
  /** Everything when left out. */
  readonly surface: Surface | undefined;
  readonly mode: Mode;
  readonly port: number | undefined;
}

/** More than any wish has a use for. */
export const MAX_WISH_BYTES = 4096;

/** Whether a request asks for a ticket: the gateway answers it, since it is the gateway that tickets are shown to. */
export function isTicketRequest({ method, isUpgrade, address, target }: Visit): boolean {
  return method === 'POST' && !isUpgrade && target.surface === 'rest' && address.path === '/tickets';
}

/**
 * Reads the body; none at all is a wish for everything, as published clients send it. Fields may be null.
 *
 * @throws ApiError BAD_REQUEST, VALIDATION_FAILED
 */
export function readTicketWish(body: string): TicketWish {
  const fields = body.trim() === '' ? {} : parseObject(body);
  const { surface, mode, port } = fields;
  if (!isAbsent(surface) && !(typeof surface === 'string' && isSurface(surface)))
    throw invalid('surface', `must be one of ${SURFACES.join(', ')}`);
  if (!isAbsent(mode) && !(typeof mode === 'string' && isMode(mode))) throw invalid('mode', `must be one of ${MODES.join(', ')}`);
  if (!isAbsent(port) && !isPort(port)) throw invalid('port', 'must be a number from 1 to 65535');
  if (!isAbsent(port) && surface !== 'preview')
    throw new ApiError('BAD_REQUEST', { message: 'A port goes with the surface preview alone.' });
  return { surface: surface ?? undefined, mode: mode ?? 'control', port: port ?? undefined };
}

function parseObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    // Of a value that is an object and no list, every key can be asked for.
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    throw new ApiError('BAD_REQUEST', { message: 'The body is not valid JSON.' });
  }
  throw invalid(undefined, 'must be an object');
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function invalid(field: string | undefined, message: string): ApiError {
  const location = ['body', ...(field === undefined ? [] : [field])];
  return new ApiError('VALIDATION_FAILED', {
    message: `${location.join('.')} ${message}`,
    fields: [{ location, message, rule: 'type' }],
  });
}
