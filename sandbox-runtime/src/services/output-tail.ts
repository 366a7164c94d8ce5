const NEWLINE = 10;
const MAX_LINE_BYTES = 1000;
const MAX_LINES = 20;

/** Cuts what a program writes into lines, of which each is told once and the last are kept; long ones lose their end. */
export class OutputTail {
  readonly #onLine: (line: string) => void;
  readonly #last: string[] = [];

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  get last(): readonly string[] {
    return this.#last;
  }

  /** Reads until the stream ends or is destroyed. */
  async read(stream: AsyncIterable<Buffer>): Promise<void> {
    let held: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of stream) {
        let from = 0;
        for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
          this.#add(clip(held, chunk.subarray(from, at)));
          held = Buffer.alloc(0);
          from = at + 1;
        }
        held = clip(held, chunk.subarray(from));
      }
    } catch {
      // Destroyed while a process that left the program still held the other end.
    }
    this.#add(held);
  }

  #add(bytes: Buffer): void {
    const line = bytes.toString('utf8').trimEnd();
    if (line === '') return;
    if (this.#last.push(line) > MAX_LINES) this.#last.shift();
    this.#onLine(line);
  }
}

const clip = (held: Buffer, more: Buffer): Buffer =>
  held.length >= MAX_LINE_BYTES ? held : Buffer.concat([held, more.subarray(0, MAX_LINE_BYTES - held.length)]);
