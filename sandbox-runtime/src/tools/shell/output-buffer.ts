import { ByteBlocks } from './byte-blocks.ts';

/** Bytes that a command's output keeps at its beginning and at its end; what is between goes. */
const KEEP = 4 * 1024 * 1024;
/** An end that is taken away is a word or two. */
const LONGEST_END = 64;

/** Collects what a command writes, in bounded memory: its head and its tail. */
export class OutputBuffer {
  readonly #keep: number;
  readonly #head = new ByteBlocks();
  readonly #tail = new ByteBlocks();
  /** Characters and bytes that went. */
  #dropped = 0;
  #droppedBytes = 0;
  /**
   * The text, for those who ask in the same turn of the event loop: the answer and the history both do. What a WeakRef
   * points to lives at least until the turn ends, so megabytes are decoded once and not kept twice.
   */
  #decoded: WeakRef<{ readonly text: string }> | undefined;

  constructor(keep = KEEP) {
    this.#keep = keep;
  }

  /** Bytes that came, kept or not. */
  get length(): number {
    return this.#head.length + this.#droppedBytes + this.#tail.length;
  }

  append(chunk: string): void {
    this.#decoded = undefined;
    // A character is three bytes at most for each of its halves.
    if (this.#head.length + chunk.length * 3 <= this.#keep) return this.#head.append(chunk);
    const bytes = Buffer.from(chunk);
    const room = this.#keep - this.#head.length;
    this.#head.appendBytes(bytes.subarray(0, room));
    this.#tail.appendBytes(bytes.subarray(room));
    while (this.#tail.length - this.#tail.firstLength >= this.#keep) this.#drop(this.#tail.shift());
  }

  /** All that was kept, with a note where something is missing, and with newlines as the programs wrote them. */
  toString(): string {
    const known = this.#decoded?.deref();
    if (known !== undefined) return known.text;
    const text = this.#decode();
    this.#decoded = new WeakRef({ text });
    return text;
  }

  /** Takes away what the last of the output matches. */
  removeEnd(pattern: RegExp): void {
    const part = this.#tail.length > 0 ? this.#tail : this.#head;
    const [match] = pattern.exec(part.end(LONGEST_END).toString('latin1')) ?? [];
    if (match === undefined) return;
    part.cut(match.length);
    this.#decoded = undefined;
  }

  #decode(): string {
    const excess = this.#tail.length - this.#keep;
    if (this.#droppedBytes === 0 && excess <= 0) return textOf(ByteBlocks.concat(this.#head, this.#tail));
    const head = ByteBlocks.concat(this.#head);
    const tail = ByteBlocks.concat(this.#tail);
    const end = endOfCharacter(head);
    const begin = startOfCharacter(tail, Math.max(0, excess));
    const missing = this.#dropped + characters(head.subarray(end)) + characters(tail.subarray(0, begin));
    return `${textOf(head.subarray(0, end))}${omission(missing)}${textOf(tail.subarray(begin))}`;
  }

  #drop(block: Buffer): void {
    this.#dropped += characters(block);
    this.#droppedBytes += block.length;
  }
}

const RETURN = 0x0d;
const NEWLINE = 0x0a;

/**
 * A terminal puts a carriage return before each newline; this is its exact inverse, also for lines that end in both. It works
 * in place on bytes: replacing in a string would make a piece of each line.
 */
function textOf(bytes: Buffer): string {
  let to = bytes.indexOf('\r\n');
  if (to === -1) return bytes.toString();
  const { length } = bytes;
  for (let from = to; from < length; from += 1) {
    const byte = bytes[from];
    if (byte === undefined || (byte === RETURN && bytes[from + 1] === NEWLINE)) continue;
    bytes[to] = byte;
    to += 1;
  }
  return bytes.toString('utf8', 0, to);
}

const omission = (characters: number): string => `\n[... ${characters} characters omitted ...]\n`;

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** As many as a string would have: by first bytes, of which those of four bytes count for two halves. */
function characters(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) count += byte >= 0xf0 ? 2 : 1;
  return count;
}

/** The first place from `index` on that is not within a character. */
function startOfCharacter(bytes: Buffer, index: number): number {
  let start = index;
  while (start < index + 3 && isContinuation(bytes[start])) start += 1;
  return start;
}

/** Where the last whole character ends. */
function endOfCharacter(bytes: Buffer): number {
  let last = bytes.length - 1;
  while (last > bytes.length - 4 && isContinuation(bytes[last])) last -= 1;
  const first = bytes[last] ?? 0;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return last + size > bytes.length ? Math.max(0, last) : bytes.length;
}

/** Cuts the middle out of a text over `limit` characters; its beginning and its end stay. */
export function truncateMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  const end = isLowHalf(text, text.length - half) ? text.length - half + 1 : text.length - half;
  const begin = isLowHalf(text, half) ? half - 1 : half;
  return ownCopy(`${text.slice(0, begin)}${omission(end - begin)}${text.slice(end)}`);
}

/** Between the halves of a surrogate pair. */
function isLowHalf(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff;
}

/** A part of a string keeps the whole of it in memory; history must not hold megabytes by a few letters of them. */
const ownCopy = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');
