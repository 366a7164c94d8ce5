import { Agent, request } from 'node:http';

export interface Target {
  readonly port: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One POST over a kept connection; gives the whole answer. */
export const post = (target: Target, path: string, body: unknown): Promise<string> =>
  send(target, { path, method: 'POST' }, Buffer.from(JSON.stringify(body)));

export const remove = (target: Target, path: string): Promise<string> =>
  send(target, { path, method: 'DELETE' }, Buffer.alloc(0));

function send(target: Target, { path, method }: { path: string; method: string }, payload: Buffer): Promise<string> {
  const headers = payload.length === 0 ? {} : { 'content-type': 'application/json', 'content-length': payload.length };
  return new Promise((resolve, reject) => {
    const call = request({ agent, host: '127.0.0.1', port: target.port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject).on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    call.on('error', reject).end(payload);
  });
}

export interface Transfer {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends bytes, or nothing, and lets go of those that come back. */
export function transfer(target: Target, { path, method, headers }: Transfer, payload: Buffer = Buffer.alloc(0)): Promise<void> {
  const all = { ...headers, ...(payload.length === 0 ? {} : { 'content-length': payload.length }) };
  return new Promise((resolve, reject) => {
    const call = request({ agent, host: '127.0.0.1', port: target.port, path, method, headers: all }, (response) => {
      response.resume();
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${path} answered ${response.statusCode}`));
      });
    });
    call.on('error', reject).end(payload);
  });
}

export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

/** Each of `connections` callers sends its next call when the last is answered, for so many seconds. */
export async function measure(
  connections: number,
  seconds: number,
  call: (connection: number) => Promise<unknown>,
): Promise<Latencies> {
  const times: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1000;
  const caller = async (connection: number) => {
    while (performance.now() < end) {
      const sent = performance.now();
      await call(connection);
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, connection) => caller(connection)));
  const elapsed = (performance.now() - began) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), perSecond: sorted.length / elapsed };
}
