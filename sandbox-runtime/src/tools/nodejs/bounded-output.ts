import { StringDecoder } from 'node:string_decoder';

/** The beginning of what is added, up to a limit, and how much more there was. */
class Head {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    const kept = chunk.subarray(0, Math.max(0, this.#limit - this.#size));
    this.#dropped += chunk.length - kept.length;
    if (kept.length === 0) return;
    this.#chunks.push(kept);
    this.#size += kept.length;
  }

  /** A character that the limit cut in two is left out; broken text of the program's own is shown as broken. */
  text(): string {
    const decoder = new StringDecoder('utf8');
    const whole = decoder.write(Buffer.concat(this.#chunks, this.#size));
    return this.#dropped > 0 ? `${whole}\n[... ${this.#dropped} bytes omitted ...]\n` : whole + decoder.end();
  }
}

/** What a process writes to one stream, in bounded memory. A mark that the process writes itself can tell where a call ends. */
export class BoundedOutput {
  readonly #limit: number;
  #call: Head;
  /** Came after the mark: belongs to the next call. The other stream's mark may be long in coming. */
  #next: Head;
  #mark: Buffer | undefined;
  #markSeen: (() => void) | undefined;
  #isMarked = false;
  /** May be the beginning of the mark. */
  #held: Buffer = Buffer.alloc(0);

  constructor(limit: number) {
    this.#limit = limit;
    this.#call = new Head(limit);
    this.#next = new Head(limit);
  }

  /** Settles when the mark has come; everything before it is then there to be taken. */
  expect(mark: string): Promise<void> {
    this.#mark = Buffer.from(mark);
    return new Promise((resolve) => (this.#markSeen = resolve));
  }

  append(chunk: Buffer): void {
    if (this.#isMarked) return this.#next.add(chunk);
    if (this.#mark === undefined) return this.#call.add(chunk);
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const at = bytes.indexOf(this.#mark);
    if (at === -1) {
      const sure = Math.max(0, bytes.length - this.#mark.length + 1);
      this.#call.add(bytes.subarray(0, sure));
      this.#held = Buffer.from(bytes.subarray(sure));
      return;
    }
    this.#call.add(bytes.subarray(0, at));
    this.#next.add(Buffer.from(bytes.subarray(at + this.#mark.length)));
    this.#held = Buffer.alloc(0);
    this.#isMarked = true;
    this.#markSeen?.();
  }

  /** The text so far, with a note where some was dropped; begins anew. */
  take(): string {
    this.#call.add(this.#held);
    const text = this.#call.text();
    this.#call = this.#next;
    this.#next = new Head(this.#limit);
    this.#held = Buffer.alloc(0);
    this.#mark = undefined;
    this.#isMarked = false;
    return text;
  }
}
