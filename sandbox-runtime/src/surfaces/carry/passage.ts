import { ApiError } from '@sandfleet/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { redactUrl, stripQuery } from '../../server/auth/strip-credentials.ts';
import { answerHeaders, type AnswerContext } from './answer-headers.ts';
import type { BeginningLimits } from './exchange.ts';
import { outsideOf } from './outside.ts';
import { requestHeaders } from './request-headers.ts';
import type { Target, Upstream, UpstreamRequest } from './upstream.ts';

/** Where a request goes, and what becomes of it on the way. */
export interface Passage {
  readonly target: Target;
  /** Path for the program, byte by byte. */
  readonly path: string;
  /** Query for the program, with its question mark or empty; the caller's when left out. */
  readonly query?: string;
  /** What the path lost before it. */
  readonly prefix: string;
  /** Host header for a program that takes no other; the caller's when left out. */
  readonly host?: string;
  /** Headers in lower case that are set for the program, or with undefined taken away. */
  readonly set?: Readonly<Record<string, string | undefined>>;
  /** Whether the caller's `Authorization` may be meant for the program. */
  readonly passAuthorization?: boolean;
  /** Changes texts that the program answers with. */
  readonly rewrite?: Rewrite;
  /** Aborted when the program ends: what is under way ends with it. */
  readonly ended?: AbortSignal;
}

export interface Rewrite {
  /** Of the Content-Type. */
  readonly type: RegExp;
  apply(text: string): string;
}

export interface Carriage {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly passage: Passage;
  readonly upstream: Upstream;
  readonly limits: BeginningLimits;
  /** Breaks it off. */
  readonly signal: AbortSignal;
}

/** Path and query of a request target; a target in any other form is for proxies, of which this is none. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  if (!target.startsWith('/')) throw new ApiError('BAD_REQUEST', { message: 'The request target must be a path.' });
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark) };
}

/** The request as the program gets it. */
export function upstreamRequest({ request, passage }: Carriage, isUpgrade: boolean): UpstreamRequest {
  const { raw } = request;
  const query = passage.query ?? splitTarget(raw.url ?? '').query;
  const method = raw.method ?? 'GET';
  const headers = requestHeaders({
    method,
    rawHeaders: raw.rawHeaders,
    remoteAddress: raw.socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown',
    outside: outsideOf(raw.headers),
    host: passage.host,
    prefix: passage.prefix,
    passAuthorization: passage.passAuthorization === true && isOpen(request),
    set: passage.set ?? {},
    isUpgrade,
  });
  const path = `${passage.path}${isOpen(request) ? query : stripQuery(query)}`;
  return { target: passage.target, method, path, headers, isFresh: isUpgrade || hasBody(raw.headers) };
}

/** Where nobody needs a credential, what looks like one is between the caller and the program. */
const isOpen = ({ access }: FastifyRequest): boolean => access?.kind === 'none';

export function hasBody(headers: FastifyRequest['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

export function answerHeadersOf(raw: readonly string[], { request, passage }: Carriage): string[] {
  const url = request.raw.url ?? '';
  const { target, prefix } = passage;
  const context: AnswerContext = {
    outside: outsideOf(request.raw.headers),
    prefix,
    ownHosts: 'port' in target ? [`localhost:${target.port}`, `127.0.0.1:${target.port}`, `[::1]:${target.port}`] : [],
    hidesUrl: !isOpen(request) && redactUrl(url) !== url,
  };
  return answerHeaders(raw, context);
}
