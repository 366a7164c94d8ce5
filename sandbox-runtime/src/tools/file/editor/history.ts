import { createHash } from 'node:crypto';

/** A file's content; undefined where there was no file. */
export type Content = string | undefined;

interface Edit {
  readonly before: Content;
  readonly after: string;
}

export interface HistoryLimits {
  readonly editsPerFile: number;
  readonly bytes: number;
}

/** What each file was before each edit, newest last. The files that were not edited for longest are forgotten first. */
export class EditHistory {
  readonly #limits: HistoryLimits;
  /** In the order of their last edit. */
  readonly #files = new Map<string, Edit[]>();
  #bytes = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  record(path: string, before: Content, after: Content): void {
    const edits = this.#files.get(path) ?? [];
    this.#files.delete(path);
    this.#files.set(path, edits);
    edits.push({ before, after: digestOf(after) });
    this.#bytes += costOf(before);
    if (edits.length > this.#limits.editsPerFile) this.#drop(edits.shift());
    while (this.#bytes > this.#limits.bytes) this.#forgetOldest();
  }

  /** The last edit: what it replaced, and whether the file still is as the edit left it. */
  last(path: string, now: Content): { readonly before: Content; readonly isCurrent: boolean } | undefined {
    const edit = this.#files.get(path)?.at(-1);
    return edit && { before: edit.before, isCurrent: edit.after === digestOf(now) };
  }

  /** Takes the last edit off. */
  pop(path: string): void {
    const edits = this.#files.get(path);
    this.#drop(edits?.pop());
    if (edits?.length === 0) this.#files.delete(path);
  }

  /** Of the file that was not edited for longest, its oldest edit. */
  #forgetOldest(): void {
    const [oldest] = this.#files;
    if (oldest === undefined) return;
    const [path, edits] = oldest;
    this.#drop(edits.shift());
    if (edits.length === 0) this.#files.delete(path);
  }

  #drop(edit: Edit | undefined): void {
    if (edit !== undefined) this.#bytes -= costOf(edit.before);
  }
}

/** Of an edit that keeps no content too: the number of edits is then bounded as well. */
const ENTRY_BYTES = 256;
const costOf = (before: Content): number => ENTRY_BYTES + (before === undefined ? 0 : before.length * 2);

/** The digest of nothing is none that a content has. */
const digestOf = (content: Content): string =>
  content === undefined ? '' : createHash('sha256').update(content, 'utf8').digest('base64');
