import type { RequestHeaders } from '../request/headers.ts';
import { splitCookies } from '../request/cookies.ts';
import { takeTicket } from '../request/query.ts';

/** What a request brought to prove who it is, and what of its query and cookies is left for the sandbox. */
export interface Credentials {
  readonly bearer: string | undefined;
  readonly ticket: string | undefined;
  readonly sessions: readonly string[];
  readonly query: string;
  readonly cookie: string | undefined;
}

const BEARER = /^bearer(?: +([^\s,]+) *)?$/i;

export function credentialsOf(headers: Pick<RequestHeaders, 'authorization' | 'cookie'>, rawQuery: string): Credentials {
  const { ticket, query } = takeTicket(rawQuery);
  const { sessions, rest } = splitCookies(headers.cookie);
  return { bearer: bearerOf(headers.authorization), ticket, sessions, query, cookie: rest };
}

/** A Bearer credential that is broken is an empty one: it is refused, not passed over for the cookie. Other schemes are not ours. */
function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined || !/^bearer/i.test(header)) return undefined;
  return BEARER.exec(header)?.[1] ?? '';
}
