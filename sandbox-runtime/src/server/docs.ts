import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { ApiError } from '@sandfleet/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const compress = promisify(gzip);

/** Nothing from elsewhere; the page talks to the sandbox that it comes from alone. Images of the page are data: URLs in its style. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** Every reference is relative: behind a gateway the page has another path than here. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>API of this sandbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/assets/start.js"></script>
</body>
</html>
`;

/** The document names no server, and then "Try it out" would ask the root of the gateway rather than this sandbox. */
const START = `fetch('openapi.json')
  .then((answer) => {
    if (!answer.ok) throw new Error('openapi.json: ' + answer.status);
    return answer.json();
  })
  .then((spec) => {
    spec.servers = [{ url: new URL('..', location.href).href.replace(/\\/$/, '') }];
    SwaggerUIBundle({ spec, dom_id: '#docs', deepLinking: true, docExpansion: 'none', validatorUrl: null });
  })
  .catch((error) => {
    document.getElementById('docs').textContent = 'The API cannot be shown: ' + error.message;
  });
`;

interface Asset {
  readonly etag: string;
  readonly plain: Buffer;
  readonly packed: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  'start.js': 'text/javascript; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
};

/** The page that shows the API. `directory` has the two files of Swagger UI. */
export function serveDocs(app: FastifyInstance, directory: string | undefined): void {
  const assets = new Map<string, Promise<Asset>>();
  const assetOf = (name: string): Promise<Asset> => {
    const known = assets.get(name) ?? loadAsset(name, directory);
    assets.set(name, known);
    // A file that was not there may be when somebody looks again.
    known.catch(() => assets.delete(name));
    return known;
  };
  app.get('/v1/docs', (_, reply) =>
    reply
      .headers({ 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer', 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8')
      .send(PAGE),
  );
  // Relative as well; the query may carry what lets the browser in.
  app.get('/v1/docs/', (request, reply) => reply.redirect(`../docs${queryOf(request)}`, 302));
  app.get<{ Params: { name: string } }>('/v1/docs/assets/:name', async (request, reply) => {
    const { name } = request.params;
    const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
    if (type === undefined) throw new ApiError('NOT_FOUND', { message: 'The API page has no such file.' });
    return sendAsset(await assetOf(name), { type, request, reply });
  });
}

function sendAsset(
  asset: Asset,
  { type, request, reply }: { type: string; request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  // Kept, but asked about: a newer runtime has the same names.
  reply.headers({
    etag: asset.etag,
    'cache-control': 'private, no-cache',
    vary: 'accept-encoding',
    'content-security-policy': POLICY,
  });
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  reply.type(type);
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(asset.plain);
  return reply.header('content-encoding', 'gzip').send(asset.packed);
}

async function loadAsset(name: string, directory: string | undefined): Promise<Asset> {
  const plain = name === 'start.js' ? Buffer.from(START) : await readAsset(name, directory);
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { etag: `W/"${digest}"`, plain, packed: await compress(plain) };
}

/** What is told, else beside the bundled program, else the package, which only a checkout has. */
async function readAsset(name: string, directory: string | undefined): Promise<Buffer> {
  const places = directory === undefined ? [join(import.meta.dirname, 'assets'), packageDirectory()] : [directory];
  for (const place of places) {
    const content = place === undefined ? undefined : await readFile(join(place, name)).catch(() => undefined);
    if (content !== undefined) return content;
  }
  throw new ApiError('NOT_FOUND', { message: 'This runtime was installed without the files of its API page.' });
}

function packageDirectory(): string | undefined {
  try {
    const find = createRequire(import.meta.url);
    return join(dirname(find.resolve('@fastify/swagger-ui/package.json')), 'static');
  } catch {
    return undefined;
  }
}

function queryOf({ url }: FastifyRequest): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}
