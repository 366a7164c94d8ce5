import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { KubeError } from './kube-error.ts';
import { readEvents, readLines } from './watch-stream.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function chunked(text: string, size: number): Readable {
  const bytes = Buffer.from(text, 'utf8');
  const chunks: Buffer[] = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.subarray(i, i + size));
  return Readable.from(chunks, { objectMode: true });
}

describe('readLines()', () => {
  it.for([1, 2, 3, 5, 7, 1000])('gives the same lines for chunks of %d bytes, also within a character', async (size) => {
    expect(await collect(readLines(chunked('eins\nzwölf 🌍\n\ndrei\n', size), 100))).toEqual(['eins', 'zwölf 🌍', 'drei']);
  });

  it('leaves a last line out that was cut', async () => {
    expect(await collect(readLines(chunked('whole\nhal', 4), 100))).toEqual(['whole']);
  });

  it('refuses a line that does not end', async () => {
    await expect(collect(readLines(chunked('x'.repeat(300), 50), 200))).rejects.toThrow('longer than 200 bytes');
  });
});

describe('readEvents()', () => {
  const read = (text: string) => collect(readEvents<{ a: number }>(chunked(text, 10), 'watch pods', 1000));

  it('gives events', async () => {
    expect(await read('{"type":"ADDED","object":{"a":1}}\n')).toEqual([{ type: 'ADDED', object: { a: 1 } }]);
  });

  it('throws what an ERROR event says', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    const error = await read(`${JSON.stringify({ type: 'ERROR', object: status })}\n`).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KubeError);
    expect(error).toMatchObject({ status: 410, reason: 'Expired', message: 'watch pods: too old resource version' });
  });

  it.for(['not json', '{"type":1}', '[]', 'null', '{"type":"ADDED","object":null}'])('refuses the line %s', async (line) => {
    const error = await read(`${line}\n`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'BadResponse' });
    expect(String(error)).not.toContain(line);
  });
});
