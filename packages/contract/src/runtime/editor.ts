import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';
import { FileOperationError } from './file-error.ts';

export const EDITOR_COMMANDS = ['view', 'create', 'str_replace', 'insert', 'undo_edit'] as const;
export type EditorCommand = (typeof EDITOR_COMMANDS)[number];
export const REPLACE_MODES = ['ALL', 'FIRST', 'LAST'] as const;
export type ReplaceMode = (typeof REPLACE_MODES)[number];

/** More items than two are let in, so that the tool itself can say what is wrong with them. */
const range = (description: string) => Type.Optional(Type.Array(Type.Integer(), { maxItems: 16, description }));
const text = (description: string) => Type.Optional(Type.String({ maxLength: 8 * 1024 * 1024, description }));

export const StrReplaceEditorResult = Type.Object({
  output: Type.String({ description: 'What the command shows; what went wrong when it failed' }),
  error: Type.Optional(Type.String({ description: 'What went wrong; only when the command failed' })),
  path: Type.String(),
  prev_exist: Type.Boolean({ description: 'Whether the file was there before' }),
  old_content: Type.Optional(Type.String({ description: 'The whole file before an edit' })),
  new_content: Type.Optional(Type.String({ description: 'The whole file after an edit' })),
  metadata: Type.Optional(
    Type.Unsafe<Record<string, unknown>>({ type: 'object', description: 'Of the viewed file; only with enable_metadata' }),
  ),
  content: Type.String({ description: 'The same as output' }),
});
export type StrReplaceEditorResult = Static<typeof StrReplaceEditorResult>;

export const editorContract = defineContract({
  file_str_replace_editor: {
    method: 'POST',
    path: '/v1/file/str_replace_editor',
    tag: 'file',
    summary: 'View and edit files as agents do',
    description:
      'view: numbered lines of a text file, pages of a PDF, rows of an Excel workbook, slides of a PowerPoint file, or ' +
      'two levels of a directory. create: writes file_text; a file that is there is overwritten and undo_edit brings it ' +
      'back. str_replace: old_str must occur exactly once unless replace_mode says which occurrence is meant; without ' +
      'new_str it is deleted. insert: new_str after the line insert_line; one newline at its end counts as the end of ' +
      'its last line. undo_edit: takes back the last edit of this editor, again and again; refused when something else ' +
      'has changed the file since. A file whose lines all end with CRLF keeps that, whatever the arguments have. Output ' +
      'over 100000 characters is cut at a line, and says so. A command that fails answers with success false, error, ' +
      'and error_type: as of the other file operations, or invalid_argument, no_match, not_unique, no_history, changed, ' +
      'missing_dependency, busy or timeout.',
    body: Type.Object({
      command: Type.Enum([...EDITOR_COMMANDS]),
      path: Type.String({ maxLength: 4096, description: 'Absolute' }),
      file_text: text('Content of the file to create'),
      old_str: text('Text to replace'),
      new_str: text('Text to replace it with, or to insert'),
      insert_line: Type.Optional(Type.Integer({ description: 'Line to insert after, from 1; 0 is the top of the file' })),
      view_range: Type.Optional(
        Type.Array(Type.Integer(), {
          default: [],
          maxItems: 16,
          description: 'First and last line, from 1; -1 is the last line of the file',
        }),
      ),
      replace_mode: Type.Optional(Type.Enum([...REPLACE_MODES], { description: 'Which occurrences; exactly one when left out' })),
      page_range: range('First and last page of a PDF, from 1; -1 is the last page there is'),
      sheet_name: Type.Optional(Type.String({ maxLength: 256, description: 'Sheet of a workbook; all when left out' })),
      row_range: range('First and last row of each sheet, from 1; -1 is the last row there is'),
      slide_range: range('First and last slide, from 1; -1 is the last slide there is'),
      enable_metadata: Type.Optional(Type.Boolean({ default: false })),
    }),
    response: envelope(Type.Union([StrReplaceEditorResult, FileOperationError])),
  },
});
