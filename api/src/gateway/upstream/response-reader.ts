import { ChunkedDecoder } from './chunked-decoder.ts';
import { MAX_HEAD_BYTES, parseHead, ResponseSyntaxError, type ResponseHead } from './response-head.ts';

/** What is told of one answer, in this order. Data are views of the buffer that was read into: they are used or copied at once. */
export interface ResponseEvents {
  onHead(head: ResponseHead): void;
  onData(data: Buffer): void;
  onEnd(head: ResponseHead): void;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Reads the answers of one connection, one after the other. Interim answers (1xx) are passed over. */
export class ResponseReader {
  readonly #events: ResponseEvents;
  #isBodiless = false;
  #mayUpgrade = false;
  #isExpecting = false;
  #partial: Buffer | undefined;
  #head: ResponseHead | undefined;
  #left = 0;
  #chunks: ChunkedDecoder | undefined;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** An answer is due. Without this, bytes that come are an error: an answer that no one asked for would be the next one's. */
  expect(method: string, mayUpgrade = false): void {
    this.#isExpecting = true;
    this.#isBodiless = method === 'HEAD';
    this.#mayUpgrade = mayUpgrade;
  }

  get isExpecting(): boolean {
    return this.#isExpecting;
  }

  get isReadingBody(): boolean {
    return this.#head !== undefined;
  }

  /** Bytes of a body of known length that are still to come. */
  get bytesLeft(): number {
    return this.#left;
  }

  /** @throws ResponseSyntaxError */
  push(bytes: Buffer): void {
    if (!this.#isExpecting) throw new ResponseSyntaxError('there are bytes that belong to no answer');
    let rest = bytes;
    while (this.#head === undefined) {
      const next = this.#readHead(rest);
      if (next === undefined) return;
      rest = next;
      if (!this.#isExpecting) break;
    }
    if (rest.length > 0) this.#readBody(rest);
  }

  /** The connection was closed by the other side. @returns whether that was a proper end. */
  close(): boolean {
    const head = this.#head;
    if (head?.body.kind !== 'close') return !this.#isExpecting;
    this.#finish(head);
    return true;
  }

  #readHead(bytes: Buffer): Buffer | undefined {
    const all = this.#partial === undefined ? bytes : Buffer.concat([this.#partial, bytes]);
    const end = all.indexOf(END_OF_HEAD);
    if (Math.max(end, end < 0 ? all.length : 0) > MAX_HEAD_BYTES) throw new ResponseSyntaxError('the head is too long');
    if (end < 0) {
      // The buffer that was read into is used again, so what has to wait is copied.
      this.#partial = all === bytes ? Buffer.from(bytes) : all;
      return undefined;
    }
    this.#partial = undefined;
    const head = parseHead(all.toString('latin1', 0, end), this.#isBodiless);
    const rest = all.subarray(end + END_OF_HEAD.length);
    if (head.status >= 200) this.#start(head);
    if (head.status === 101) this.#upgrade(head);
    return rest;
  }

  #start(head: ResponseHead): void {
    this.#head = head;
    this.#left = head.body.kind === 'length' ? head.body.length : 0;
    this.#chunks = head.body.kind === 'chunked' ? new ChunkedDecoder() : undefined;
    this.#events.onHead(head);
    if (head.body.kind === 'none') this.#finish(head);
  }

  /** What follows a 101 is another protocol, up to the end of the connection. */
  #upgrade(head: ResponseHead): void {
    if (!this.#mayUpgrade) throw new ResponseSyntaxError('the protocol was switched without being asked to');
    this.#start({ ...head, body: { kind: 'close' }, keepsAlive: false });
  }

  #readBody(bytes: Buffer): void {
    const head = this.#head;
    if (head === undefined) throw new ResponseSyntaxError('there are bytes after the answer');
    const used = this.#deliver(head, bytes);
    if (this.#isOver(head)) this.#finish(head);
    if (used < bytes.length) throw new ResponseSyntaxError('there are bytes after the answer');
  }

  #deliver({ body }: ResponseHead, bytes: Buffer): number {
    if (this.#chunks !== undefined) return this.#chunks.push(bytes, (data) => this.#events.onData(data));
    if (body.kind === 'close') {
      this.#events.onData(bytes);
      return bytes.length;
    }
    const data = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= data.length;
    this.#events.onData(data);
    return data.length;
  }

  #isOver({ body }: ResponseHead): boolean {
    return this.#chunks === undefined ? body.kind === 'length' && this.#left === 0 : this.#chunks.isDone;
  }

  #finish(head: ResponseHead): void {
    this.#head = undefined;
    this.#chunks = undefined;
    this.#isExpecting = false;
    this.#events.onEnd(head);
  }
}
