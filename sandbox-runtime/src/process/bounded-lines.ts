const NEWLINE = 10;

/** A line longer than what the reader was ready to hold. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/**
 * The lines of a stream of bytes, without their newlines; never more than `limit` bytes are held back for one.
 *
 * @throws LineTooLong
 */
export async function* boundedLines(stream: AsyncIterable<Buffer>, limit: number): AsyncGenerator<string> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = held.length === 0 ? chunk.subarray(from, at) : Buffer.concat([...held, chunk.subarray(from, at)]);
      if (line.length > limit) throw new LineTooLong(`a line is longer than ${limit} bytes`);
      held = [];
      length = 0;
      from = at + 1;
      yield line.toString('utf8');
    }
    const rest = chunk.subarray(from);
    length += rest.length;
    if (length > limit) throw new LineTooLong(`a line is longer than ${limit} bytes`);
    if (rest.length > 0) held.push(rest);
  }
  if (length > 0) yield Buffer.concat(held).toString('utf8');
}
