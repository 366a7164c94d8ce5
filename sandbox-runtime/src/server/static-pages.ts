import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { ApiError } from '@sandfleet/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const compress = promisify(gzip);

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
};
const INDEX = 'index.html';
/** A name with the hash of its content in it: what it stands for never changes. */
const HASHED = /-[0-9A-Z]{8}\.\w+$/;

export interface StaticPage {
  /** Folder of the built page: sandbox-runtime/pages/ has its source under the same name. */
  readonly name: string;
  /** Where it is: begins and ends with a slash. */
  readonly path: string;
  /** Content-Security-Policy of the page. */
  readonly policy: string;
  /** Where the built pages are, instead of beside the program. */
  readonly directory: string | undefined;
}

interface Asset {
  readonly etag: string;
  readonly plain: Buffer;
  /** Undefined for what is packed already. */
  readonly packed: Buffer | undefined;
}

/**
 * A page with its files. Which files there are is looked up once, now, so no request's path ever becomes a path of a file; what is
 * in them is read when first asked for, and kept. The page itself is behind the guard, its files are the same for everybody.
 */
export function servePage(app: FastifyInstance, page: StaticPage): void {
  const { name, path, policy, directory } = page;
  const found = findPage(name, directory);
  const send = (file: string) => {
    const asset = once(() => load(join(found.directory, file)));
    return async (request: FastifyRequest, reply: FastifyReply) => sendAsset(await asset(), { file, policy, request, reply });
  };
  const missing = () => {
    throw new ApiError('NOT_FOUND', { message: 'This runtime was installed without its pages.' });
  };
  const index = found.files.includes(INDEX) ? send(INDEX) : missing;
  app.get(path, index);
  app.get(`${path}${INDEX}`, index);
  // Relative: behind a gateway the page has another path than here.
  if (path !== '/') app.get(path.slice(0, -1), (request, reply) => reply.redirect(`${lastOf(path)}/${queryOf(request)}`, 302));
  for (const file of found.files.filter((file) => file !== INDEX))
    app.get(`${path}${file}`, { config: { open: true } }, send(file));
}

export function queryOf({ url }: FastifyRequest): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

const lastOf = (path: string): string => path.split('/').at(-2) ?? '';

/** What is told, else beside the bundled program, else what was built in a checkout. */
function findPage(name: string, given: string | undefined): { readonly directory: string; readonly files: readonly string[] } {
  const here = import.meta.dirname;
  const places = given === undefined ? [join(here, 'pages'), join(here, '../../../dist/pages')] : [given];
  for (const place of places) {
    const directory = join(place, name);
    const files = filesOf(directory);
    if (files.length > 0) return { directory, files };
  }
  return { directory: '', files: [] };
}

function filesOf(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && typeOf(entry.name) !== undefined).map((entry) => entry.name);
  } catch {
    return [];
  }
}

const typeOf = (file: string): string | undefined => TYPES[/\.(\w+)$/.exec(file)?.[1] ?? ''];

async function load(path: string): Promise<Asset> {
  const plain = await readFile(path);
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  const isPacked = /\.(?:png|woff2)$/.test(path);
  return { etag: `W/"${digest}"`, plain, packed: isPacked ? undefined : await compress(plain) };
}

/** A file that could not be read may be when somebody asks again. */
function once(task: () => Promise<Asset>): () => Promise<Asset> {
  let result: Promise<Asset> | undefined;
  return () => {
    result ??= task();
    result.catch(() => (result = undefined));
    return result;
  };
}

interface Sending {
  readonly file: string;
  readonly policy: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function sendAsset({ etag, plain, packed }: Asset, { file, policy, request, reply }: Sending): FastifyReply {
  void reply.headers({
    etag,
    'cache-control': HASHED.test(file) ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    vary: 'accept-encoding',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  if (isKnown(request, etag)) return reply.code(304).send();
  void reply.type(typeOf(file) ?? 'application/octet-stream');
  if (packed === undefined || !/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(plain);
  return reply.header('content-encoding', 'gzip').send(packed);
}

const isKnown = ({ headers }: FastifyRequest, etag: string): boolean =>
  (headers['if-none-match'] ?? '').split(',').some((tag) => tag.trim() === etag || tag.trim() === '*');
