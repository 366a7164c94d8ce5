import type { ReplaceMode } from '@sandfleet/contract/runtime';

import { EditorError, invalid } from './editor-error.ts';
import { editable } from './line-endings.ts';
import { countLines, offsetOfLine } from './numbered-lines.ts';
import { findOccurrences, linesOf, replaceAt } from './occurrences.ts';

/** Bytes of a file that is edited; its old and its new content are part of the answer and of the history. */
export const MAX_EDIT_BYTES = 8 * 1024 * 1024;
const MAX_LINES_NAMED = 20;
/** Characters of old_str that an error repeats. */
const MAX_QUOTED = 2000;

export interface Applied {
  readonly content: string;
  /** The first edited line, from 0, and how many lines it is now. */
  readonly line: number;
  readonly lineCount: number;
  /** How many places were edited. */
  readonly count: number;
}

export interface Replacement {
  readonly oldText: string;
  readonly newText: string;
  readonly mode: ReplaceMode | undefined;
}

/** @throws EditorError no_match, not_unique, invalid_argument, too_large */
export function applyReplacement(path: string, content: string, { oldText, newText, mode }: Replacement): Applied {
  const { text, normalize, restore } = editable(content);
  const wanted = normalize(oldText);
  const replacement = normalize(newText);
  if (wanted === '') throw invalid('old_str', oldText, path, 'No replacement was performed: it must not be empty.');
  if (wanted === replacement)
    throw invalid('new_str', quote(newText), path, 'No replacement was performed: `new_str` and `old_str` must be different.');
  const found = findOccurrences(text, wanted);
  const chosen = choose(path, text, wanted, { found, mode });
  if (text.length + chosen.length * (replacement.length - wanted.length) > MAX_EDIT_BYTES) throw tooLarge(path);
  const edited = replaceAt(text, chosen, wanted.length, replacement);
  const [line = 1] = linesOf(text, chosen, 1);
  return { content: restore(edited), line: line - 1, lineCount: countLines(replacement), count: chosen.length };
}

function choose(
  path: string,
  text: string,
  wanted: string,
  { found, mode }: { found: readonly number[]; mode: ReplaceMode | undefined },
): readonly number[] {
  if (found.length === 0)
    throw new EditorError('no_match', {
      path,
      message: `No replacement was performed, old_str \`${quote(wanted)}\` did not appear verbatim in ${path}.`,
    });
  if (mode === 'ALL' || found.length === 1) return found;
  if (mode === 'FIRST') return found.slice(0, 1);
  if (mode === 'LAST') return found.slice(-1);
  const lines = linesOf(text, found, MAX_LINES_NAMED).join(', ') + (found.length > MAX_LINES_NAMED ? ', …' : '');
  throw new EditorError('not_unique', {
    path,
    message:
      `No replacement was performed: old_str is not unique. Multiple occurrences of old_str \`${quote(wanted)}\` in lines ` +
      `[${lines}]. Add lines around it until it is unique, or set replace_mode to ALL, FIRST or LAST when there are multiple.`,
  });
}

/** Inserts whole lines after line `after`; a file without a newline at its end gets one before lines that come behind it. */
export function applyInsertion(path: string, content: string, newText: string, after: number): Applied {
  const { text, normalize, restore } = editable(content);
  const lines = countLines(text);
  if (after < 0 || after > lines)
    throw invalid('insert_line', after, path, `It should be within the range of lines of the file: [0, ${lines}].`);
  const inserted = normalize(newText);
  const block = inserted.endsWith('\n') ? inserted : `${inserted}\n`;
  const at = offsetOfLine(text, after);
  const before = text.slice(0, at);
  const joint = before === '' || before.endsWith('\n') ? '' : '\n';
  const edited = `${before}${joint}${block}${text.slice(at)}`;
  if (edited.length > MAX_EDIT_BYTES) throw tooLarge(path);
  return { content: restore(edited), line: after, lineCount: countLines(block), count: 1 };
}

export const tooLarge = (path: string): EditorError =>
  new EditorError('too_large', {
    path,
    message: `Cannot edit ${path}: it is, or would become, larger than ${MAX_EDIT_BYTES / 1024 / 1024} MiB.`,
  });

const quote = (text: string): string => (text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED)}…`);
