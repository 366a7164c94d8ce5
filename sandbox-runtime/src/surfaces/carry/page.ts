import type { ApiError } from '@sandfleet/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { runtimeErrors } from '../../server/errors.ts';
import { asksForWebSocket } from '../../server/upgrade.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** Whether a person looks at the answer: a browser that asks for a document, not a script of its page. */
export function wantsPage(request: FastifyRequest): boolean {
  const { accept, 'sec-fetch-dest': destination } = request.headers;
  if (request.method !== 'GET' || asksForWebSocket(request) || !/\btext\/html\b/i.test(accept ?? '')) return false;
  return destination === undefined || ['document', 'iframe', 'frame', 'embed', 'object'].includes(String(destination));
}

/** Answers with what is wrong: a page for a person, which asks again by itself where that helps, else the envelope of errors. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, { error, title }: Problem): FastifyReply {
  const retry = error.headers['retry-after'];
  reply.code(error.status).headers({ ...error.headers, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  if (!wantsPage(request)) {
    const body = runtimeErrors.body(error, { path: '', requestId: request.id });
    return reply.type(runtimeErrors.mediaType).send(JSON.stringify(body));
  }
  return reply
    .header('content-security-policy', POLICY)
    .type('text/html; charset=utf-8')
    .send(pageOf(title, error.message, retry));
}

export interface Problem {
  readonly error: ApiError;
  /** Heading of the page. */
  readonly title: string;
}

function pageOf(title: string, message: string, retry: string | undefined): string {
  const again = retry === undefined ? '' : `<meta http-equiv="refresh" content="${escape(retry)}">\n`;
  const note = retry === undefined ? '' : '<p><small>This page asks again by itself.</small></p>\n';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${again}<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1rem}
small{opacity:.7}</style>
</head>
<body>
<h1>${escape(title)}</h1>
<p>${escape(message)}</p>
${note}</body>
</html>
`;
}
