import { rm } from 'node:fs/promises';

import type { ReplaceMode, StrReplaceEditorResult } from '@sandfleet/contract/runtime';

import type { FileTurns } from '../file-turns.ts';
import { writeContent } from '../write.ts';
import { applyInsertion, applyReplacement, MAX_EDIT_BYTES, tooLarge, type Applied } from './apply.ts';
import { EditorError } from './editor-error.ts';
import { EditHistory, type Content } from './history.ts';
import { numberLines, snippet } from './numbered-lines.ts';
import { notFound, readForEdit } from './target.ts';

export type EditResult = Omit<StrReplaceEditorResult, 'content' | 'error' | 'metadata'>;

export interface FileEditorOptions {
  /** Bytes of old contents that are kept to undo edits. */
  readonly historyBytes: number;
  /** Shared with whoever else changes files. */
  readonly inTurn: FileTurns;
}

const EDITS_PER_FILE = 50;
const REVIEW = 'Review the changes and make sure they are as expected. Edit the file again if necessary.';

/** The commands that change files. Those on one file run one after the other, so that none is lost to another. */
export class FileEditor {
  readonly #history: EditHistory;
  readonly #inTurn: FileTurns;

  constructor({ historyBytes, inTurn }: FileEditorOptions) {
    this.#inTurn = inTurn;
    this.#history = new EditHistory({ editsPerFile: EDITS_PER_FILE, bytes: historyBytes });
  }

  create(path: string, content: string): Promise<EditResult> {
    return this.#inTurn(path, async (key) => {
      const before = await readForEdit(path);
      await this.#write(path, key, { before, after: content });
      const output =
        before === undefined
          ? `File created successfully at: ${path}`
          : `File created successfully at: ${path}. It overwrote the file that was there; undo_edit brings that back.`;
      return { output, path, prev_exist: before !== undefined, ...contents(before, content) };
    });
  }

  replace(path: string, what: { oldText: string; newText: string; mode: ReplaceMode | undefined }): Promise<EditResult> {
    return this.#edit(path, (content) => applyReplacement(path, content, what));
  }

  insert(path: string, newText: string, afterLine: number): Promise<EditResult> {
    return this.#edit(path, (content) => applyInsertion(path, content, newText, afterLine));
  }

  undo(path: string): Promise<EditResult> {
    return this.#inTurn(path, async (key) => {
      const now = await readForEdit(path);
      const last = this.#history.last(key, now);
      if (last === undefined) throw new EditorError('no_history', { path, message: `No edit history found for ${path}.` });
      if (!last.isCurrent) throw changedSince(path, now);
      const done = `Last edit to ${path} undone successfully.`;
      if (last.before === undefined) await rm(key);
      else await writeContent(path, last.before);
      this.#history.pop(key);
      const output =
        last.before === undefined
          ? `${done} The file that it created is deleted.`
          : `${done} Here's the result of running \`cat -n\` on ${path}:\n${numberLines(last.before).text}`;
      return { output, path, prev_exist: true, ...contents(now, last.before) };
    });
  }

  #edit(path: string, apply: (content: string) => Applied): Promise<EditResult> {
    return this.#inTurn(path, async (key) => {
      const before = await readForEdit(path);
      if (before === undefined) throw notFound(path);
      const { content, line, lineCount, count } = apply(before);
      await this.#write(path, key, { before, after: content });
      const places = count > 1 ? ` ${count} occurrences were replaced; the first is shown.` : '';
      const output =
        `The file ${path} has been edited.${places} Here's the result of running \`cat -n\` on a snippet of ${path}:\n` +
        `${snippet(content, line, lineCount)}${REVIEW}`;
      return { output, path, prev_exist: true, ...contents(before, content) };
    });
  }

  async #write(path: string, key: string, { before, after }: { before: Content; after: string }): Promise<void> {
    // Characters were counted before; line ends and letters of several bytes make more of them.
    if (Buffer.byteLength(after) > MAX_EDIT_BYTES) throw tooLarge(path);
    await writeContent(path, after);
    this.#history.record(key, before, after);
  }
}

const contents = (before: Content, after: Content): { old_content?: string; new_content?: string } => ({
  ...(before === undefined ? {} : { old_content: before }),
  ...(after === undefined ? {} : { new_content: after }),
});

/** An undo would throw the other change away, and nobody asked for that. */
function changedSince(path: string, now: Content): EditorError {
  const what = now === undefined ? 'it was deleted' : 'something else changed it';
  return new EditorError('changed', {
    path,
    message: `Cannot undo the last edit to ${path}: ${what} since. View the file and edit it instead.`,
  });
}
