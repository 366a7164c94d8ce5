import { ApiError } from '@sandfleet/contract';

import type { StoredSandbox } from './sandbox-view.ts';

export interface PageOptions {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Page {
  readonly items: readonly StoredSandbox[];
  readonly nextCursor: string | null;
}

/**
 * One page of the sandboxes, oldest first. The cursor is the place of the last one seen, not a count: what is deleted or
 * created meanwhile makes no page skip or repeat one that was there all along.
 *
 * @throws ApiError VALIDATION_FAILED when the cursor is not one of ours.
 */
export function pageOf(sandboxes: readonly StoredSandbox[], { limit, cursor }: PageOptions): Page {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const rest = sandboxes
    .map((sandbox) => ({ sandbox, place: placeOf(sandbox) }))
    .filter(({ place }) => after === undefined || place > after);
  rest.sort((a, b) => (a.place < b.place ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = last === undefined || rest.length <= limit ? null : Buffer.from(last.place).toString('base64url');
  return { items: page.map(({ sandbox }) => sandbox), nextCursor };
}

/** Times are RFC 3339 in UTC and of one length, so text order is time order; the uid settles what one second holds. */
function placeOf({ metadata }: StoredSandbox): string {
  return `${metadata.creationTimestamp}/${metadata.uid}`;
}

const PLACE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\/[\w-]{1,64}$/;

function parseCursor(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString('latin1');
  if (PLACE.test(place)) return place;
  const message = 'is not a cursor of this API; send nextCursor of the page before, or leave it out';
  throw new ApiError('VALIDATION_FAILED', {
    message: `query.cursor ${message}`,
    fields: [{ location: ['query', 'cursor'], message, rule: 'cursor' }],
  });
}
