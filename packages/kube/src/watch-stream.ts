import type { Readable } from 'node:stream';
import { BAD_RESPONSE, errorFromStatus, KubeError, RESPONSE_TOO_LARGE, type StatusBody } from './kube-error.ts';
import type { WatchEvent } from './object.ts';

const NEWLINE = 0x0a;

/** The lines of a stream. Chunks end anywhere, also within a character, so bytes are split first and decoded after. */
export async function* readLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      parts = [];
      size = 0;
      start = end + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > maxBytes) throw tooLong(maxBytes);
  }
  // A cut line is half an event; the server sends it again, as the watch resumes at the event before it.
}

/** The events of a watch response. Throws for the ERROR event, which is how the server says 410 in an open watch. */
export async function* readEvents<T>(body: Readable, action: string, maxBytes: number): AsyncGenerator<WatchEvent<T>> {
  for await (const line of readLines(body, maxBytes)) {
    const event = parseEvent<T>(line, action);
    if (event.type === 'ERROR') throw errorFromStatus(action, event.object as StatusBody);
    yield event as WatchEvent<T>;
  }
}

function parseEvent<T>(line: string, action: string): { type: string; object: T } {
  try {
    const event = JSON.parse(line) as { type?: unknown; object?: unknown };
    if (typeof event.type === 'string' && typeof event.object === 'object' && event.object !== null) {
      return event as { type: string; object: T };
    }
  } catch {
    // Falls through: the line's text may hold a secret, so it is not part of the message.
  }
  throw new KubeError({
    status: 0,
    reason: BAD_RESPONSE,
    message: `${action}: the stream holds a line that is not a watch event`,
  });
}

function tooLong(maxBytes: number): KubeError {
  const message = `a watch event is longer than ${maxBytes} bytes`;
  return new KubeError({ status: 0, reason: RESPONSE_TOO_LARGE, message });
}
