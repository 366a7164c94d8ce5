import { ApiError } from '@sandfleet/contract';
import { RUNTIME_PORT } from '@sandfleet/crds';

import { placeOf, type Hosts } from './host.ts';
import { badPath } from './path.ts';

/** Which sandbox a request is for, and what of it is the sandbox's own. */
export interface Address {
  readonly id: string;
  readonly mode: 'path' | 'subdomain';
  /** What stands before the sandbox's own path at its public URL: `/s/{id}`, or nothing. */
  readonly prefix: string;
  /** Port of a preview, from the host name. */
  readonly port: number | undefined;
  /** Path for the sandbox, byte by byte as sent. */
  readonly path: string;
  /** With its question mark, or empty. */
  readonly query: string;
}

export interface Redirect {
  readonly redirect: string;
}

const PREVIEW_LABEL = /^([0-9]+)-(.+)$/;
/** All that is visible in ASCII, but for the mark of a fragment. */
const QUERY = /^[\x21\x22\x24-\x7e]*$/;
/** An id is a DNS label. What is longer is none, and would get into each line of the log. */
const MAX_ID_LENGTH = 63;
const ID = new RegExp(`^[A-Za-z0-9._~-]{1,${MAX_ID_LENGTH}}$`);

/**
 * Reads the Host header and the request target.
 *
 * @throws ApiError UNKNOWN_HOST, BAD_PATH, NOT_FOUND
 */
export function addressOf(hosts: Hosts, hostHeader: string, target: string): Address | Redirect {
  const place = placeOf(hosts, hostHeader);
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  if (!path.startsWith('/')) throw badPath('The request target must be a path.');
  if (!QUERY.test(query)) throw badPath('The query has a character that must be escaped.');
  return place.mode === 'subdomain' ? fromLabel(place.label, path, query) : fromPath(path, query);
}

function fromLabel(label: string, path: string, query: string): Address {
  const preview = PREVIEW_LABEL.exec(label);
  if ((preview?.[2] ?? label).length > MAX_ID_LENGTH)
    throw new ApiError('UNKNOWN_HOST', { message: 'The id in the host name is longer than one can be.' });
  if (preview === null) return { id: label, mode: 'subdomain', prefix: '', port: undefined, path, query };
  const port = portOf(preview[1] ?? '');
  if (port === undefined) throw new ApiError('UNKNOWN_HOST', { message: 'The host name begins with a number that is no port.' });
  return { id: preview[2] ?? '', mode: 'subdomain', prefix: '', port, path, query };
}

function fromPath(path: string, query: string): Address | Redirect {
  if (!path.startsWith('/s/')) throw new ApiError('NOT_FOUND', { message: 'Sandboxes are at /s/{id}/.' });
  const slash = path.indexOf('/', 3);
  const id = slash < 0 ? path.slice(3) : path.slice(3, slash);
  if (!ID.test(id) || id === '.' || id === '..') throw badPath('The id in the path is not one.');
  if (slash < 0) return { redirect: `/s/${id}/${query}` };
  return { id, mode: 'path', prefix: `/s/${id}`, port: undefined, path: path.slice(slash), query };
}

/** One spelling for one port: a number with leading zeros or a sign is no port here. */
export function portOf(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** The runtime's own port is no preview: it would lead around the surfaces. */
export const isOwnPort = (port: number): boolean => port === RUNTIME_PORT;
