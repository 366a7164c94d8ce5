import { ERRORS, type ApiError } from '@sandfleet/contract';
import { PROBLEM_MEDIA_TYPE, toProblem } from '@sandfleet/server-kit';

export interface ProblemAnswer {
  readonly status: number;
  /** Name, value, name, value, … */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface ProblemRequest {
  /** Path as the client sent it, without the query: a query may hold a ticket. */
  readonly path: string;
  readonly requestId: string;
  readonly accept: string | undefined;
}

const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox";

/** The gateway's own answer to a request that it does not carry: a page for a person, problem+json for a program. */
export function problemAnswer(error: ApiError, { path, requestId, accept }: ProblemRequest): ProblemAnswer {
  const isPage = accept !== undefined && /\btext\/html\b/i.test(accept);
  const body = isPage ? page(error, requestId) : JSON.stringify(toProblem(error, { path, requestId }));
  return {
    status: error.status,
    headers: [
      'Content-Type',
      isPage ? 'text/html; charset=utf-8' : PROBLEM_MEDIA_TYPE,
      'Content-Length',
      String(Buffer.byteLength(body)),
      'Cache-Control',
      'no-store',
      'X-Content-Type-Options',
      'nosniff',
      'Referrer-Policy',
      'no-referrer',
      'Content-Security-Policy',
      PAGE_POLICY,
      'X-Request-Id',
      requestId,
      ...Object.entries(error.headers).flat(),
    ],
    body,
  };
}

function page(error: ApiError, requestId: string): string {
  const { title, remediation } = ERRORS[error.code];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1rem;color:#222;background:#fff}
small{color:#666}@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}small{color:#999}}</style>
<h1>${escape(title)}</h1>
<p>${escape(error.message)}</p>
<p>${escape(remediation)}</p>
<p><small>${error.status} ${error.code} · request ${escape(requestId)}</small></p>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
