import { fileContentContract, fileContract, fileSearchContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { AliasConfig } from '../../server/aliases.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { attempt } from './attempt.ts';
import type { FileTurns } from './file-turns.ts';
import { listDirectory } from './list.ts';
import { readText } from './read.ts';
import { replaceInFile } from './replace.ts';
import { fileSearchHandlers, searchSlots } from './search-routes.ts';
import { searchFile } from './search.ts';
import { addFileTransfer } from './transfer-routes.ts';
import { writeContent } from './write.ts';

/** A write of 64 MiB as base64, and both sides of a replacement, with room for the rest of the body. */
const BODY_LIMITS: Readonly<Record<string, { readonly bodyLimit: number }>> = {
  file_write: { bodyLimit: 96 * 1024 * 1024 },
  file_replace: { bodyLimit: 64 * 1024 * 1024 },
};

export function fileTool(context: ToolContext, inTurn: FileTurns): Tool {
  const { app, places, env } = context;
  const searches = searchSlots(context.config);
  implement(app, fileSearchContract, fileSearchHandlers(context));
  addFileTransfer(context);
  implement(
    app,
    fileContentContract,
    {
      file_read: ({ body }) =>
        attempt(
          { path: body.file, operation: 'read', sudo: body.sudo, empty: { file: body.file, content: '', line_count: 0 } },
          places,
          async (path) => {
            const { content, lineCount } = await readText(path, { startLine: body.start_line, endLine: body.end_line });
            return { file: path, content, line_count: lineCount };
          },
        ),
      file_write: ({ body }) =>
        attempt(
          { path: body.file, operation: 'write', sudo: body.sudo, empty: { file: body.file, bytes_written: 0 } },
          places,
          async (path) => {
            const options = {
              encoding: body.encoding,
              append: body.append,
              leadingNewline: body.leading_newline,
              trailingNewline: body.trailing_newline,
            };
            const written = await inTurn(path, () => writeContent(path, body.content, options));
            return { file: path, bytes_written: written };
          },
        ),
      file_replace: ({ body }) =>
        attempt(
          {
            path: body.file,
            operation: 'replace',
            sudo: body.sudo,
            empty: { file: body.file, replaced_count: 0 },
            hint: (result) => (result.replaced_count === 0 ? 'old_str is not in the file, which stays as it is.' : undefined),
          },
          places,
          async (path) => {
            const replacement = { from: body.old_str, to: body.new_str };
            return { file: path, replaced_count: await inTurn(path, () => replaceInFile(path, replacement)) };
          },
        ),
      file_search: ({ body }, { signal }) =>
        attempt(
          {
            path: body.file,
            operation: 'search',
            sudo: body.sudo,
            empty: { file: body.file, matches: [], line_numbers: [], match_details: [], truncated: false },
          },
          places,
          async (path) => {
            const { matches, truncated } = await searches.run(signal, () => searchFile(path, body.regex, { env, signal }));
            return {
              file: path,
              matches: matches.map(({ line }) => line),
              line_numbers: matches.map(({ lineNumber }) => lineNumber),
              match_details: matches.map(({ line, lineNumber }) => ({ line_number: lineNumber, line })),
              truncated,
            };
          },
        ),
      file_list: ({ body }, { signal }) =>
        attempt(
          {
            path: body.path,
            operation: 'list',
            empty: { path: body.path, files: [], total_count: 0, directory_count: 0, file_count: 0, truncated: false },
          },
          places,
          async (path) => {
            const { files, truncated } = await listDirectory(path, {
              recursive: body.recursive,
              showHidden: body.show_hidden,
              fileTypes: body.file_types,
              maxDepth: body.max_depth,
              includeSize: body.include_size,
              includePermissions: body.include_permissions,
              sortBy: body.sort_by,
              sortDescending: body.sort_desc,
              signal,
            });
            const directories = files.filter((file) => file.is_directory).length;
            return {
              path,
              files: [...files],
              total_count: files.length,
              directory_count: directories,
              file_count: files.length - directories,
              truncated,
            };
          },
        ),
    },
    {
      route: (operationId) => ({
        ...BODY_LIMITS[operationId],
        ...(operationId === 'file_list' ? {} : { config: { aliases: { path: 'file' } } satisfies AliasConfig }),
      }),
    },
  );
  return { contract: fileContract, close: async () => {} };
}
