import { StringDecoder } from 'node:string_decoder';

/** What a process writes to one stream, in bounded memory. A mark that the process writes itself can tell where a call ends. */
export class BoundedOutput {
  readonly #limit: number;
  #kept: Buffer[] = [];
  #size = 0;
  #dropped = 0;
  #mark: Buffer | undefined;
  #markSeen: (() => void) | undefined;
  #isMarked = false;
  /** May be the beginning of the mark. */
  #held: Buffer = Buffer.alloc(0);
  /** Came after the mark: belongs to the next call. */
  #next: Buffer[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Settles when the mark has come; everything before it is then there to be taken. */
  expect(mark: string): Promise<void> {
    this.#mark = Buffer.from(mark);
    return new Promise((resolve) => (this.#markSeen = resolve));
  }

  append(chunk: Buffer): void {
    if (this.#isMarked) {
      // Its call has yet to take what is its own; the time until then is short, and the limit holds after it.
      this.#next.push(chunk);
      return;
    }
    if (this.#mark === undefined) {
      this.#keep(chunk);
      return;
    }
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const at = bytes.indexOf(this.#mark);
    if (at === -1) {
      const sure = Math.max(0, bytes.length - this.#mark.length + 1);
      this.#keep(bytes.subarray(0, sure));
      this.#held = Buffer.from(bytes.subarray(sure));
      return;
    }
    this.#keep(bytes.subarray(0, at));
    this.#next.push(Buffer.from(bytes.subarray(at + this.#mark.length)));
    this.#held = Buffer.alloc(0);
    this.#isMarked = true;
    this.#markSeen?.();
  }

  /** The text so far, with a note where some was dropped; begins anew. */
  take(): string {
    this.#keep(this.#held);
    const bytes = Buffer.concat(this.#kept, this.#size);
    const decoder = new StringDecoder('utf8');
    const whole = decoder.write(bytes);
    // A character that the limit cut in two is left out; broken text of the program's own is shown as broken.
    const text = this.#dropped > 0 ? `${whole}\n[... ${this.#dropped} bytes omitted ...]\n` : whole + decoder.end();
    const next = this.#next;
    this.#kept = [];
    this.#size = 0;
    this.#dropped = 0;
    this.#held = Buffer.alloc(0);
    this.#mark = undefined;
    this.#isMarked = false;
    this.#next = [];
    for (const chunk of next) this.#keep(chunk);
    return text;
  }

  #keep(chunk: Buffer): void {
    const kept = chunk.subarray(0, Math.max(0, this.#limit - this.#size));
    this.#dropped += chunk.length - kept.length;
    if (kept.length === 0) return;
    this.#kept.push(kept);
    this.#size += kept.length;
  }
}
