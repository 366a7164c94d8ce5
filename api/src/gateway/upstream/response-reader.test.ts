import { describe, expect, it } from 'vitest';

import { ResponseReader } from './response-reader.ts';

interface Seen {
  readonly heads: number[];
  body: string;
  ends: number;
}

function reading(method = 'GET', mayUpgrade = false): { reader: ResponseReader; seen: Seen } {
  const seen: Seen = { heads: [], body: '', ends: 0 };
  const reader = new ResponseReader({
    onHead: ({ status }) => seen.heads.push(status),
    onData: (data) => (seen.body += data.toString('latin1')),
    onEnd: () => (seen.ends += 1),
  });
  reader.expect(method, mayUpgrade);
  return { reader, seen };
}

/** Pushes in pieces of `size` through one buffer, as a socket does: what is not used up at once is overwritten. */
function push(reader: ResponseReader, text: string, size: number): void {
  const bytes = Buffer.from(text, 'latin1');
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const count = bytes.copy(buffer, 0, at, Math.min(bytes.length, at + size));
    reader.push(buffer.subarray(0, count));
    buffer.fill('#');
  }
}

const head = 'HTTP/1.1 200 OK\r\n';

describe('ResponseReader', () => {
  const answers: readonly (readonly [string, string, string])[] = [
    ['a length', `${head}Content-Length: 11\r\n\r\nhello world`, 'hello world'],
    ['no body', `${head}Content-Length: 0\r\n\r\n`, ''],
    ['chunks', `${head}Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n`, 'hello world'],
    [
      'chunks with extensions and trailers',
      `${head}Transfer-Encoding: chunked\r\n\r\nB;a="b"\r\nhello world\r\n0;x\r\nX-T: 1\r\n\r\n`,
      'hello world',
    ],
    [
      'interim answers before it',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${head}Content-Length: 2\r\n\r\nok`,
      'ok',
    ],
  ];
  for (const size of [1, 2, 3, 7, 64, 4096])
    it.for(answers)(`reads an answer with %s in pieces of ${size}`, ([, text, body]) => {
      const { reader, seen } = reading();
      push(reader, text, size);
      expect(seen).toEqual({ heads: [200], body, ends: 1 });
      expect(reader.isExpecting).toBe(false);
    });

  it('reads one answer after the other', () => {
    const { reader, seen } = reading();
    push(reader, `${head}Content-Length: 1\r\n\r\na`, 5);
    reader.expect('HEAD');
    push(reader, `${head}Content-Length: 1000\r\n\r\n`, 5);
    reader.expect('GET');
    push(reader, `${head}Content-Length: 1\r\n\r\nb`, 5);
    expect(seen).toEqual({ heads: [200, 200, 200], body: 'ab', ends: 3 });
  });

  it('takes the end of the connection as the end of a body without a length, and of no other', () => {
    const open = reading();
    push(open.reader, `${head}\r\nhello`, 3);
    expect(open.seen.ends).toBe(0);
    expect(open.reader.close()).toBe(true);
    expect(open.seen).toEqual({ heads: [200], body: 'hello', ends: 1 });

    for (const text of [
      '',
      'HTTP/1.1 200',
      `${head}Content-Length: 9\r\n\r\nhello`,
      `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello`,
    ]) {
      const { reader, seen } = reading();
      push(reader, text, 64);
      expect(reader.close()).toBe(false);
      expect(seen.ends).toBe(0);
    }
  });

  it('takes everything after a 101 as data, where one was asked for', () => {
    const { reader, seen } = reading('GET', true);
    push(reader, 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', 7);
    expect(seen).toEqual({ heads: [101], body: 'HTTP/1.1 200 OK\r\n\r\n', ends: 0 });
  });

  const attacks: readonly (readonly [string, string])[] = [
    ['a second answer that no one asked for', `${head}Content-Length: 1\r\n\r\na${head}Content-Length: 1\r\n\r\nb`],
    ['bytes after an answer without a body', `${head}Content-Length: 0\r\n\r\nx`],
    ['bytes after the last chunk', `${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nx`],
    ['a switch of protocols that no one asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a chunk without a size', `${head}Transfer-Encoding: chunked\r\n\r\n\r\n`],
    ['a negative chunk', `${head}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    ['a chunk of a size beyond numbers', `${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`],
    ['a chunk longer than its size', `${head}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`],
    ['a chunk line that ends in LF alone', `${head}Transfer-Encoding: chunked\r\n\r\n1\nab\r\n`],
    ['an endless chunk extension', `${head}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(5000)}`],
    ['endless trailers', `${head}Transfer-Encoding: chunked\r\n\r\n0\r\n${`X: ${'x'.repeat(1000)}\r\n`.repeat(20)}`],
    ['an endless head', `${head}${`X: ${'x'.repeat(1000)}\r\n`.repeat(70)}`],
    ['an endless header', `${head}X: ${'x'.repeat(70_000)}`],
    ['no HTTP at all', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ];
  for (const size of [1, 4096])
    it.for(attacks)(`refuses %s in pieces of ${size}`, ([, text]) => {
      const { reader } = reading();
      expect(() => push(reader, text, size)).toThrow(expect.objectContaining({ name: 'ResponseSyntaxError' }));
    });
});
