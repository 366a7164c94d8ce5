import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { beginningOf } from './exchange.ts';
import { CarryError } from './failure.ts';
import { answerHeadersOf, hasBody, upstreamRequest, type Carriage } from './passage.ts';
import { rewrittenText } from './rewritten-text.ts';

/** What a client gets to stop sending a body that nobody reads any more. */
const UNREAD_BODY_MS = 2000;

/** Carries one request and its answer. */
export async function carryRequest(carriage: Carriage): Promise<void> {
  const { signal, reply } = carriage;
  const answer = await answerOf(carriage, false);
  // An answer that breaks off can't be taken back: its connection is what tells the caller.
  const abort = () => void answer.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await sendAnswer(answer, carriage);
  } catch {
    reply.raw.destroy();
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function answerOf(carriage: Carriage, isRetry: boolean): Promise<IncomingMessage> {
  const { request, reply, upstream, limits, signal } = carriage;
  const asked = upstreamRequest(carriage, false);
  const outgoing = upstream.start(isRetry ? { ...asked, isFresh: true } : asked);
  const abort = () => void outgoing.destroy(new CarryError('ended'));
  const hangUp = () => void outgoing.destroy();
  signal.addEventListener('abort', abort, { once: true });
  reply.raw.once('close', hangUp);
  const beginning = beginningOf(outgoing, limits);
  if (hasBody(request.raw.headers)) sendBody(request.raw, reply.raw, outgoing);
  else outgoing.end();
  try {
    const begun = await beginning;
    if (begun.kind === 'answer') return begun.answer;
    // Nobody asked for another protocol.
    begun.socket.destroy();
    throw new CarryError('invalid');
  } catch (error) {
    const isStale = error instanceof CarryError && error.reason === 'reset' && outgoing.reusedSocket;
    // Its other end closed the connection while it was idle; one with a body is never sent over such a connection.
    if (!isStale || isRetry || signal.aborted || reply.raw.destroyed) throw error;
    return await answerOf(carriage, true);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** What fails here fails the exchange too, and is told there; an answer that comes before the whole body is a good answer. */
function sendBody(body: IncomingMessage, response: ServerResponse, outgoing: NodeJS.WritableStream): void {
  body.pipe(outgoing);
  body.once('error', () => undefined);
  response.once('finish', () => {
    if (body.complete) return;
    body.unpipe(outgoing);
    body.resume();
    setTimeout(() => body.destroy(), UNREAD_BODY_MS).unref();
  });
}

async function sendAnswer(answer: IncomingMessage, carriage: Carriage): Promise<void> {
  const { reply, request, passage } = carriage;
  const headers = answerHeadersOf(answer.rawHeaders, carriage);
  const text = await rewrittenText(answer, { method: request.method, rewrite: passage.rewrite });
  reply.hijack();
  const { raw } = reply;
  headers.push('X-Request-Id', request.id);
  if (text !== undefined) {
    writeHead(raw, answer, [...withoutBodyHeaders(headers), 'Content-Length', String(text.length)]);
    raw.end(text);
    return;
  }
  writeHead(raw, answer, headers);
  // A short answer is whole by now and leaves in one packet.
  if (answer.complete) return void raw.end(answer.read());
  // The head of a stream of events must not wait for the first of them.
  if (answer.readableLength === 0) raw.flushHeaders();
  await pipeline(answer, raw);
}

/** The guard has set its policy before, which goes with a program's own; with anything set, Node drops what a list has twice. */
export function writeHead(raw: ServerResponse, { statusCode, statusMessage }: IncomingMessage, headers: readonly string[]): void {
  if (raw.hasHeader('referrer-policy') && headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'referrer-policy'))
    raw.removeHeader('referrer-policy');
  for (let i = 0; i < headers.length; i += 2) raw.appendHeader(headers[i] ?? '', headers[i + 1] ?? '');
  raw.writeHead(statusCode ?? 502, statusMessage);
}

function withoutBodyHeaders(headers: readonly string[]): string[] {
  return headers.filter(
    (_, i) => !['content-length', 'etag', 'content-md5'].includes((headers[i - (i % 2)] ?? '').toLowerCase()),
  );
}
