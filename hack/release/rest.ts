/** The few calls to the control plane and to a sandbox that `hack/up` makes. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly credential: string;
  readonly body?: unknown;
  /** Until when an address that refuses connections, or a server that is not up yet, is asked again. */
  readonly patienceSeconds?: number;
}

// A rollout is done before every node has its rules for the Service, and a gateway may answer before it knows all pods.
const NOT_UP_YET = new Set([502, 503, 504]);

export async function call({ method, url, credential, body, patienceSeconds = 60 }: Call): Promise<Answer> {
  const deadline = Date.now() + patienceSeconds * 1000;
  for (;;) {
    try {
      const answer = await once(method, url, credential, body);
      if (!NOT_UP_YET.has(answer.status) || Date.now() > deadline) return answer;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${method} ${url} gets no answer: ${reason(error)}`, { cause: error });
    }
    await sleep(500);
  }
}

async function once(method: string, url: string, credential: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${credential}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    // Longer than any wait that is asked of the control plane.
    signal: AbortSignal.timeout(180_000),
  });
  const text = await response.text();
  return { status: response.status, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** What went wrong in an answer, in one line. */
export function problem({ status, body }: Answer): string {
  const { detail, message } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const said = [detail, message].find((text) => typeof text === 'string') ?? JSON.stringify(body);
  return `status ${status}: ${said.slice(0, 500)}`;
}
