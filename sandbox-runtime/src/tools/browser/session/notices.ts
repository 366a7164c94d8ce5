/** Told when it is read: what a tab is called is known a moment after it has opened. Nothing when it has become untrue. */
export type Notice = () => string | undefined;

/** What nobody has been told yet; older ones make room. */
const MAX_UNTOLD = 20;

/** What happens in the browser without having been asked for, told to the calls under way or else to the next one. */
export class Notices {
  readonly #calls = new Set<Notice[]>();
  #untold: Notice[] = [];

  get hasCalls(): boolean {
    return this.#calls.size > 0;
  }

  say(notice: Notice): void {
    for (const call of this.#calls) if (call.length < MAX_UNTOLD) call.push(notice);
    if (this.#calls.size === 0) this.#untold = [...this.#untold, notice].slice(-MAX_UNTOLD);
  }

  /** Nobody is told any more what has not been told. */
  clear(): void {
    this.#untold = [];
  }

  /** Begins a call: it is told what nobody was told, and all that happens until `end`. */
  listen(): { read(): readonly string[]; say(sentence: string): void; end(): void } {
    const heard = this.#untold;
    this.#untold = [];
    this.#calls.add(heard);
    return {
      read: () => [...new Set(heard.map((notice) => notice()).filter((sentence) => sentence !== undefined))],
      say: (sentence) => void heard.push(() => sentence),
      end: () => void this.#calls.delete(heard),
    };
  }
}

/** Text of a page in a sentence of ours: one line, not too long. */
export function quoted(text: string, most = 200): string {
  const line = text.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
  const characters = Array.from(line);
  return `"${characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : line}"`;
}
