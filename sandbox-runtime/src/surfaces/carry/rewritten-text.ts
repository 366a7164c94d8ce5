import type { IncomingMessage } from 'node:http';

import type { Rewrite } from './passage.ts';

/** What is larger is passed on as it is. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** The text of an answer after `rewrite`; undefined, with nothing read, when there is none to change. */
export async function rewrittenText(
  answer: IncomingMessage,
  { method, rewrite }: { readonly method: string; readonly rewrite: Rewrite | undefined },
): Promise<Buffer | undefined> {
  const { headers, statusCode } = answer;
  if (rewrite === undefined || method === 'HEAD' || statusCode === 304 || statusCode === 204) return undefined;
  if (!rewrite.type.test(headers['content-type'] ?? '') || headers['content-encoding'] !== undefined) return undefined;
  // Only what says its size beforehand: nothing of an answer that turns out too long could be given back to it.
  const length = Number(headers['content-length'] ?? Number.NaN);
  if (!(length <= MAX_TEXT_BYTES)) return undefined;
  const chunks: Buffer[] = [];
  // Nobody has set an encoding, so the chunks are bytes.
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.from(rewrite.apply(Buffer.concat(chunks).toString('utf8')), 'utf8');
}
