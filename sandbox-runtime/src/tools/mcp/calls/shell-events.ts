import type { FastifyInstance } from 'fastify';

import { boundedLines } from '../../../process/bounded-lines.ts';
import { asObject, shown } from '../catalog/tool-definition.ts';
import type { InnerRequest, RawAnswer } from './inner-call.ts';

export const SHELL_EXEC = 'POST /v1/shell/exec';

/** More than the longest answer of a command has. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

export interface ShellRun {
  readonly request: InnerRequest;
  readonly onOutput: (text: string) => void;
}

/** Runs a command and tells what it writes while it runs; the answer is the plain one. */
export async function runShell(app: FastifyInstance, { request, onOutput }: ShellRun): Promise<RawAnswer> {
  const headers = { ...request.headers, accept: 'text/event-stream' };
  const response = await app.inject({ ...request, headers, payloadAsStream: true });
  const answer = { status: response.statusCode, headers: response.headers };
  const stream = response.stream() as AsyncIterable<Buffer>;
  if (!String(response.headers['content-type']).startsWith('text/event-stream')) {
    return { ...answer, body: await collected(stream) };
  }
  let event = '';
  let result = '';
  for await (const line of boundedLines(stream, MAX_EVENT_BYTES)) {
    if (line.startsWith('event: ')) event = line.slice('event: '.length);
    if (!line.startsWith('data: ')) continue;
    const data = line.slice('data: '.length);
    if (event === 'result') result = data;
    if (event === 'output') onOutput(shown(asObject(JSON.parse(data))['data']));
  }
  return { ...answer, body: Buffer.from(result) };
}

async function collected(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
