import { request } from 'node:http';

import { CarryError, carryErrorOf } from '../carry/failure.ts';

/** The protocol's description is the longest; 100 tabs with `data:` URLs stay below too. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const ANSWER_MS = 15_000;

export interface DevtoolsAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Asks Chromium's DevTools. It takes no name but localhost for its host, which keeps pages out that rebind their own.
 *
 * @throws CarryError
 */
export function askDevtools(port: number, { method, path, signal }: DevtoolsRequest): Promise<DevtoolsAnswer> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const asked = request({ host: '127.0.0.1', port, method, path, agent: false, signal: limit }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > MAX_ANSWER_BYTES) asked.destroy(new CarryError('invalid'));
      });
      answer.on('error', (error) => reject(carryErrorOf(error)));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 502,
          type: answer.headers['content-type'] ?? 'text/plain; charset=utf-8',
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    asked.on('error', (error) =>
      reject(limit.aborted && !signal.aborted ? new CarryError('head_timeout', error) : carryErrorOf(error)),
    );
    asked.end();
  });
}

export interface DevtoolsRequest {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly signal: AbortSignal;
}

/** @throws CarryError when it is no JSON */
export function parseAnswer({ body }: DevtoolsAnswer): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new CarryError('invalid', error);
  }
}
