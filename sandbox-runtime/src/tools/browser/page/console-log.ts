import type { ConsoleMessage as Entry } from '@sandfleet/contract/runtime';
import type { ConsoleMessage, Page } from 'playwright-core';

const MAX_ENTRIES = 1000;
const MAX_TEXT = 10_000;
const MAX_URL = 2000;
const MAX_STACK_LINES = 50;
/** Of all entries of a tab together. */
const MAX_CHARACTERS = 2_000_000;

/** What the pages of one tab have said, the last of it. */
class Ring {
  entries: Entry[] = [];
  #characters = 0;

  add(entry: Entry): void {
    this.entries.push(entry);
    this.#characters += entry.text.length;
    while (this.entries.length > MAX_ENTRIES || this.#characters > MAX_CHARACTERS)
      this.#characters -= this.entries.shift()?.text.length ?? 0;
  }

  clear(): void {
    this.entries = [];
    this.#characters = 0;
  }
}

/** The console of each tab, from the moment on that the browser's session knows it. */
export class ConsoleLog {
  readonly #rings = new WeakMap<Page, Ring>();

  follow(page: Page): void {
    if (this.#rings.has(page)) return;
    const ring = new Ring();
    this.#rings.set(page, ring);
    page.on('console', (message) => ring.add(entryOf(message)));
    page.on('pageerror', (error) => ring.add(entryOfError(error, page.url())));
  }

  /** Oldest first. */
  read(page: Page, { clear = false }: { readonly clear?: boolean | undefined } = {}): Entry[] {
    const ring = this.#rings.get(page);
    const entries = ring?.entries ?? [];
    if (clear) ring?.clear();
    return clear ? entries : [...entries];
  }
}

function entryOf(message: ConsoleMessage): Entry {
  const { url, lineNumber, columnNumber } = message.location();
  return {
    type: message.type(),
    text: cut(message.text(), MAX_TEXT),
    timestamp: message.timestamp() / 1000,
    url: cut(url, MAX_URL),
    line: lineNumber + 1,
    column: columnNumber + 1,
  };
}

/** Anything can be thrown; what is no Error comes with a name and a message too. */
function entryOfError(error: Error, url: string): Entry {
  const { place, line, column } = placeIn(error.stack ?? '');
  return {
    type: 'pageerror',
    text: cut(error.stack?.includes(error.message) ? error.stack : `${error.name}: ${error.message}`, MAX_TEXT),
    timestamp: Date.now() / 1000,
    url: cut(place ?? url, MAX_URL),
    line,
    column,
  };
}

/** Where the first line of a stack that says so puts it. The text is the page's: a line is looked at from its end, and once. */
export function placeIn(stack: string): { readonly place?: string; readonly line: number; readonly column: number } {
  for (const whole of stack.split('\n', MAX_STACK_LINES)) {
    const end = whole.endsWith(')') ? -1 : undefined;
    const [place = '', line = '', column = ''] = partsFromEnd(whole.slice(-MAX_URL, end));
    if (place !== '' && /^\d{1,9}$/.test(line) && /^\d{1,9}$/.test(column))
      return { place, line: Number(line), column: Number(column) };
  }
  return { line: 0, column: 0 };
}

/** Of `at f (http://a/b.js:3:7` the address and both numbers. */
function partsFromEnd(text: string): readonly string[] {
  const word = text.slice(Math.max(text.lastIndexOf(' '), text.lastIndexOf('('), text.lastIndexOf('\t')) + 1);
  const last = word.lastIndexOf(':');
  const first = word.lastIndexOf(':', last - 1);
  return first < 1 ? [] : [word.slice(0, first), word.slice(first + 1, last), word.slice(last + 1)];
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
