import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.ts';
import { startDeadline } from './deadline.ts';
import { CLIENT_TIMEOUT, CONNECTION_FAILED, errorFromResponse, KubeError, RESPONSE_TOO_LARGE } from './kube-error.ts';
import type { KubeMetrics } from './metrics.ts';
import type { HttpCall, HttpResponse, Transport } from './transport.ts';

export interface Call extends Omit<HttpCall, 'signal' | 'streaming'> {
  /** What is being done, for messages: `get Pod "a/b"`. */
  readonly action: string;
  readonly signal?: AbortSignal | undefined;
  /** Most seconds for one attempt. */
  readonly timeoutSeconds?: number | undefined;
  /** True when doing it twice is as good as once: then a lost answer is asked for again. */
  readonly idempotent: boolean;
}

const TIMEOUT_SECONDS = 30;
const RETRIES = 3;
// Longer than this the caller should know and decide: a work queue has its own, better informed, back-off.
const LONGEST_WAIT_SECONDS = 10;
export const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
export const MAX_ERROR_BYTES = 64 * 1024;

/** Does the call and gives the body's text. Waits and tries again where the server, or a broken connection, asks for it. */
export async function performCall(transport: Transport, call: Call, metrics?: KubeMetrics): Promise<string> {
  const backoff = new Backoff({ baseMs: 100, capMs: 2000 });
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await attemptCall(transport, call, metrics);
    } catch (error) {
      if (attempt >= RETRIES || !call.idempotent || !(error instanceof KubeError)) throw error;
      const wait = waitBefore(error, backoff);
      if (wait === undefined) throw error;
      await sleep(wait, undefined, call.signal ? { signal: call.signal } : {}).catch(() => call.signal?.throwIfAborted());
    }
  }
}

/** Milliseconds to wait, or undefined when another try would not help. */
function waitBefore(error: KubeError, backoff: Backoff): number | undefined {
  if (error.retryAfterSeconds !== undefined && (error.status === 429 || error.status >= 500)) {
    if (error.retryAfterSeconds > LONGEST_WAIT_SECONDS) return undefined;
    return Math.max(error.retryAfterSeconds * 1000, backoff.next());
  }
  // A connection that was idle may be closed by a load balancer just as it is used. A refused one is a server that is down.
  return error.reason === CONNECTION_FAILED && isBrokenConnection(error.cause) ? backoff.next() : undefined;
}

async function attemptCall(transport: Transport, call: Call, metrics?: KubeMetrics): Promise<string> {
  const deadline = startDeadline((call.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000, call.signal);
  const started = performance.now();
  let code = '<error>';
  try {
    const response = await transport.send({ ...call, signal: deadline.signal });
    code = String(response.statusCode);
    return await readAnswer(response, call.action);
  } catch (error) {
    throw asKubeError(error, call.action, deadline.timedOut, call.signal);
  } finally {
    deadline.end();
    metrics?.requests.inc({ code, method: call.method });
    metrics?.requestSeconds.observe({ verb: call.method }, (performance.now() - started) / 1000);
  }
}

async function readAnswer(response: HttpResponse, action: string): Promise<string> {
  if (response.statusCode >= 200 && response.statusCode < 300) return readText(response, MAX_RESPONSE_BYTES, action);
  throw await readFailure(response, action);
}

export async function readFailure(response: HttpResponse, action: string): Promise<KubeError> {
  const body = await readText(response, MAX_ERROR_BYTES, action).catch(() => '');
  const retryAfter = response.headers['retry-after'];
  return errorFromResponse(action, response.statusCode, body, typeof retryAfter === 'string' ? retryAfter : undefined);
}

async function readText(response: HttpResponse, maxBytes: number, action: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      const message = `${action}: the answer is longer than ${maxBytes} bytes; ask for fewer objects a page`;
      throw new KubeError({ status: 0, reason: RESPONSE_TOO_LARGE, message });
    }
    chunks.push(chunk);
  }
  return (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8');
}

/** The caller's own abort stays what it is, so that it can be told from a failure. */
export function asKubeError(error: unknown, action: string, timedOut: boolean, signal?: AbortSignal): unknown {
  if (error instanceof KubeError) return error;
  if (signal?.aborted) return signal.reason;
  if (timedOut) {
    return new KubeError({ status: 0, reason: CLIENT_TIMEOUT, message: `${action}: no answer in time`, cause: error });
  }
  if (error instanceof TypeError) return error;
  const code = (error as { code?: string }).code;
  const detail = error instanceof Error ? error.message || code : String(error);
  return new KubeError({ status: 0, reason: CONNECTION_FAILED, message: `${action}: ${detail}`, cause: error });
}

function isBrokenConnection(cause: unknown): boolean {
  const code = (cause as { code?: string } | undefined)?.code;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}
