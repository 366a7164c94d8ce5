import { fileURLToPath } from 'node:url';

import { ApiError } from '@sandfleet/contract';

import { resolvePath, type Places } from '../file/workspace-path.ts';

/** What is to be converted, in the form that the converter is told. */
export type Source =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'data'; readonly uri: string };

/** One letter before a colon is nobody's scheme. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * The network is no further guarded here: it is the sandbox's own process that fetches, with no more rights than any other.
 *
 * @throws ApiError VALIDATION_FAILED for what is no source at all.
 */
export function parseSource(text: string, places: Places): Source {
  const uri = text.trim();
  const scheme = SCHEME.exec(uri)?.[1]?.toLowerCase();
  if (uri === '') throw refused('is empty');
  if (scheme === undefined) return { kind: 'file', path: pathOf(uri, places) };
  if (scheme === 'data') return { kind: 'data', uri };
  if (scheme === 'file') return { kind: 'file', path: fileOf(uri) };
  if (scheme !== 'http' && scheme !== 'https')
    throw refused(`has the scheme ${scheme.slice(0, 32)}; there are http, https, file and data`);
  if (!URL.canParse(uri)) throw refused('is not a valid URL');
  return { kind: 'url', url: new URL(uri).href };
}

function pathOf(path: string, places: Places): string {
  if (path.includes('\0')) throw refused('holds a NUL character');
  return resolvePath(path, places, 'convert');
}

function fileOf(uri: string): string {
  let path: string;
  try {
    const url = new URL(uri);
    path = fileURLToPath(url);
  } catch {
    throw refused('is not a file: URI of a file here, as file:///home/gem/report.pdf is');
  }
  if (path.includes('\0')) throw refused('holds a NUL character');
  return path;
}

function refused(reason: string): ApiError {
  return new ApiError('VALIDATION_FAILED', {
    message: `body.uri ${reason}`,
    fields: [{ location: ['body', 'uri'], message: reason, rule: 'uri' }],
  });
}
