/** Characters that a command's output keeps at its beginning and at its end; what is between goes. */
const KEEP = 4 * 1024 * 1024;

/** Collects what a command writes, in bounded memory: its head and its tail. */
export class OutputBuffer {
  readonly #keep: number;
  #head = '';
  #tail: string[] = [];
  #tailLength = 0;
  #dropped = 0;

  constructor(keep = KEEP) {
    this.#keep = keep;
  }

  get length(): number {
    return this.#head.length + this.#dropped + this.#tailLength;
  }

  append(chunk: string): void {
    const room = this.#keep - this.#head.length;
    if (room > 0) this.#head += chunk.slice(0, room);
    if (chunk.length <= room) return;
    const rest = room > 0 ? chunk.slice(room) : chunk;
    this.#tail.push(rest);
    this.#tailLength += rest.length;
    if (this.#tailLength > 2 * this.#keep) this.#compact();
  }

  /** All that was kept, with a note where something is missing, and with newlines as the programs wrote them. */
  toString(): string {
    this.#compact();
    const tail = this.#tail.join('');
    const text = this.#dropped === 0 ? this.#head + tail : `${this.#head}${omission(this.#dropped)}${tail}`;
    // A terminal puts a carriage return before each newline; this is its exact inverse, also for lines that end in both.
    return text.replaceAll('\r\n', '\n');
  }

  /** Takes away what the last of the output matches. */
  removeEnd(pattern: RegExp): void {
    const tail = this.#tail.join('');
    if (tail === '') {
      this.#head = this.#head.replace(pattern, '');
      return;
    }
    this.#tail = [tail.replace(pattern, '')];
    this.#tailLength = this.#tail[0]?.length ?? 0;
  }

  #compact(): void {
    if (this.#tailLength <= this.#keep) return;
    const all = this.#tail.join('');
    const kept = all.slice(startOfCharacter(all, all.length - this.#keep));
    this.#dropped += all.length - kept.length;
    this.#tail = [kept];
    this.#tailLength = kept.length;
  }
}

const omission = (characters: number): string => `\n[... ${characters} characters omitted ...]\n`;

/** Not between the halves of a surrogate pair. */
function startOfCharacter(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff ? index + 1 : index;
}

/** Cuts the middle out of a text over `limit` characters; its beginning and its end stay. */
export function truncateMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  const end = startOfCharacter(text, text.length - half);
  const begin = startOfCharacter(text, half) === half ? half : half - 1;
  return ownCopy(`${text.slice(0, begin)}${omission(end - begin)}${text.slice(end)}`);
}

/** A part of a string keeps the whole of it in memory; history must not hold megabytes by a few letters of them. */
const ownCopy = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');
