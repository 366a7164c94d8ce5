import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

import type { FastifyReply } from 'fastify';

/** Sends the answer of the SDK as it comes. Its head goes at once: a stream may have nothing to say for long. */
export async function sendWebAnswer(answer: Response, reply: FastifyReply): Promise<void> {
  const { status, headers, body } = answer;
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(status, {
    ...Object.fromEntries([...headers].filter(([name]) => name !== 'connection')),
    'x-content-type-options': 'nosniff',
    'x-request-id': reply.request.id,
  });
  if (body === null) {
    raw.end();
    return;
  }
  raw.flushHeaders();
  // The same class under two names. A client that hangs up cancels the stream, which the SDK is told.
  await pipeline(Readable.fromWeb(body as ReadableStream), raw).catch(() => {});
}

/** The request as the SDK wants to see it; its body is handed over beside it, parsed. */
export function webRequestOf({
  method,
  url,
  headers,
}: {
  method: string;
  url: string;
  headers: Record<string, unknown>;
}): Request {
  const given = new Headers();
  for (const name of PASSED) {
    const value = headers[name];
    if (typeof value === 'string') given.set(name, value);
  }
  const accept = given.get('accept');
  // A client that takes anything takes both forms of an answer.
  if (accept === null || accept.includes('*/*')) given.set('accept', 'application/json, text/event-stream');
  // Only the path is known for certain, and the SDK looks at none of the rest.
  return new Request(new URL(url.split('?')[0] ?? '/', 'http://sandbox.invalid'), { method, headers: given });
}

const PASSED = ['accept', 'content-type', 'mcp-session-id', 'mcp-protocol-version', 'last-event-id'] as const;
