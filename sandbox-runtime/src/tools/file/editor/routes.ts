import { access } from 'node:fs/promises';

import { editorContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { Tool, ToolContext } from '../../../tool.ts';
import { attempt } from '../attempt.ts';
import type { FileTurns } from '../file-turns.ts';
import { DocumentViewer } from './document-viewer.ts';
import { required } from './editor-error.ts';
import { FileEditor } from './file-editor.ts';
import { refuseRelative } from './target.ts';
import { view, type EditorBody } from './view.ts';

/** Both texts of 8 MiB, escaped, with room for the rest of the body. */
const BODY_LIMIT = 40 * 1024 * 1024;

export function editorTool({ app, places, env, config }: ToolContext, inTurn: FileTurns): Tool {
  const editor = new FileEditor({ historyBytes: config.EDITOR_HISTORY_BYTES, inTurn });
  const documents = new DocumentViewer({ env, python: config.SANDFLEET_PYTHON, pythonDirectory: config.SANDFLEET_PYTHON_DIR });
  implement(
    app,
    editorContract,
    {
      file_str_replace_editor: async ({ body }, { signal }) => {
        const empty = { output: '', path: body.path, prev_exist: false, content: '' };
        const done = await attempt({ path: body.path, operation: body.command, empty }, places, async (path) => {
          refuseRelative(body.path);
          const result =
            body.command === 'view'
              ? { ...(await view(path, body, { documents, signal })), path, prev_exist: true }
              : await change(editor, path, body);
          return { ...result, content: result.output };
        });
        if (done.success) return done;
        const { message } = done;
        const data = { ...done.data, output: message, content: message, error: message, prev_exist: await exists(body.path) };
        return { ...done, data };
      },
    },
    { route: () => ({ bodyLimit: BODY_LIMIT }) },
  );
  return { contract: editorContract, close: async () => documents.close() };
}

type Change = Exclude<EditorBody['command'], 'view'>;

function change(editor: FileEditor, path: string, body: EditorBody) {
  const need = <T>(name: string, value: T | undefined): T => {
    if (value === undefined) throw required(name, body.command, path);
    return value;
  };
  const commands: Record<Change, () => ReturnType<FileEditor['undo']>> = {
    create: () => editor.create(path, need('file_text', body.file_text)),
    str_replace: () =>
      editor.replace(path, { oldText: need('old_str', body.old_str), newText: body.new_str ?? '', mode: body.replace_mode }),
    insert: () => editor.insert(path, need('new_str', body.new_str), need('insert_line', body.insert_line)),
    undo_edit: () => editor.undo(path),
  };
  // `view` shows and is no change; the caller has dealt with it.
  return commands[body.command as Change]();
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
