import { ResponseSyntaxError } from './response-head.ts';

const MAX_LINE = 4096;
const MAX_TRAILERS = 16 * 1024;
const CHUNK_LINE = /^([0-9a-f]{1,13})[\t ]*(?:;.*)?$/i;
const CR = 13;
const LF = 10;

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'done';

/** Undoes the chunked transfer coding (RFC 9112 7.1), whatever pieces it comes in. Chunk extensions and trailers are dropped. */
export class ChunkedDecoder {
  #state: State = 'size';
  #line = '';
  #left = 0;
  #trailerBytes = 0;

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /**
   * Hands the data in `bytes` to `onData` as views of it, and returns how many bytes belonged to this body.
   *
   * @throws ResponseSyntaxError
   */
  push(bytes: Buffer, onData: (data: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state !== 'data') {
        at = this.#readLine(bytes, at);
        continue;
      }
      const end = Math.min(bytes.length, at + this.#left);
      onData(bytes.subarray(at, end));
      this.#left -= end - at;
      at = end;
      if (this.#left === 0) this.#state = 'data-end';
    }
    return at;
  }

  #readLine(bytes: Buffer, from: number): number {
    const feed = bytes.indexOf(LF, from);
    const end = feed < 0 ? bytes.length : feed;
    this.#line += bytes.toString('latin1', from, end);
    if (this.#line.length > MAX_LINE) throw new ResponseSyntaxError('a line between the chunks is too long');
    if (feed < 0) return end;
    const line = this.#line;
    this.#line = '';
    if (line.charCodeAt(line.length - 1) !== CR) throw new ResponseSyntaxError('a line between the chunks does not end in CR LF');
    this.#take(line.slice(0, -1));
    return feed + 1;
  }

  #take(line: string): void {
    if (this.#state === 'data-end') {
      if (line !== '') throw new ResponseSyntaxError('a chunk is longer than its size');
      this.#state = 'size';
      return;
    }
    if (this.#state === 'trailer') {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_TRAILERS) throw new ResponseSyntaxError('the trailers are too long');
      if (line === '') this.#state = 'done';
      return;
    }
    const match = CHUNK_LINE.exec(line);
    if (match === null) throw new ResponseSyntaxError('a chunk has no valid size');
    this.#left = Number.parseInt(match[1] ?? '', 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
  }
}
