import type { IncomingHttpHeaders } from 'node:http';

import { queryValue } from './strip-credentials.ts';

/** What a request brought to prove who it is. An empty text is a credential that is broken: refused, never passed over. */
export interface Credentials {
  /** A token or a key, from a header. */
  readonly bearer?: string;
  /** A key, from its own header or the query. */
  readonly key?: string;
  /** Whether the key stands in the URL, which a browser shows and keeps. */
  readonly isKeyInUrl: boolean;
  readonly ticket?: string;
}

/** Longer ones are refused unread. */
const MAX_LENGTH = 8192;
const BEARER = /^Bearer(?: +([\x21-\x7e]+) *)?$/i;

export function credentialsOf(headers: IncomingHttpHeaders, url: string): Credentials {
  const bearer = bearerOf(headers.authorization);
  const header = headers['x-aio-api-key'];
  const inUrl = queryValue(url, 'api_key');
  const key = header === undefined ? inUrl : String(header);
  const ticket = queryValue(url, 'ticket');
  return {
    isKeyInUrl: header === undefined && inUrl !== undefined,
    ...(bearer === undefined ? {} : { bearer: bounded(bearer) }),
    ...(key === undefined ? {} : { key: bounded(key) }),
    ...(ticket === undefined ? {} : { ticket: bounded(ticket) }),
  };
}

export const isAny = ({ bearer, key, ticket }: Credentials): boolean =>
  bearer !== undefined || key !== undefined || ticket !== undefined;

/** Another scheme than Bearer is none of ours. */
function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined || !/^bearer/i.test(header)) return undefined;
  return BEARER.exec(header)?.[1] ?? '';
}

const bounded = (text: string): string => (text.length > MAX_LENGTH ? '' : text);
