import type { FileFindResult, FileGrepResult, fileSearchContract } from '@sandfleet/contract/runtime';
import type { Handlers } from '@sandfleet/server-kit';

import type { Config } from '../../config.ts';
import { Slots } from '../../process/slots.ts';
import type { ToolContext } from '../../tool.ts';
import { attempt } from './attempt.ts';
import { findFiles, globFiles } from './glob.ts';
import { grepFiles } from './grep.ts';

/** Callers that may wait for each that searches. */
const WAITING_PER_SEARCH = 16;

export const searchSlots = ({ MAX_FILE_SEARCHES: most }: Config): Slots => new Slots(most, most * WAITING_PER_SEARCH);

export function fileSearchHandlers({ config, env, places }: ToolContext): Handlers<typeof fileSearchContract> {
  const gate = searchSlots(config);
  return {
    file_find: ({ body }, { signal }) =>
      attempt<FileFindResult>(
        {
          path: body.path,
          operation: 'find',
          empty: { path: body.path, files: [], truncated: false },
          hint: ({ truncated }) => (truncated ? 'There are more files; narrow the pattern or the path.' : undefined),
        },
        places,
        async (path) => {
          const { files, truncated } = await gate.run(signal, () => findFiles(path, body.glob, signal));
          return { path, files: files.map((file) => file.path), truncated };
        },
      ),
    file_grep: ({ body }, { signal }) =>
      attempt<FileGrepResult>(
        {
          path: body.path,
          operation: 'grep',
          empty: { path: body.path, pattern: body.pattern, matches: [], match_count: 0, truncated: false },
          hint: ({ truncated, match_count: count }) =>
            truncated ? `There are more matches; go on with offset ${(body.offset ?? 0) + count}.` : undefined,
        },
        places,
        async (path) => {
          const options = {
            include: body.include,
            exclude: body.exclude,
            caseInsensitive: body.case_insensitive,
            fixedStrings: body.fixed_strings,
            before: body.context_before,
            after: body.context_after,
            maxResults: body.max_results,
            maxFileSize: body.max_file_size,
            multiline: body.multiline,
            offset: body.offset,
            type: body.type,
            recursive: body.recursive,
            env,
            signal,
          };
          const found = await gate.run(signal, () => grepFiles(path, body.pattern, options));
          return {
            path,
            pattern: body.pattern,
            matches: [...found.matches],
            match_count: found.matches.length,
            ...(found.filesSearched === undefined ? {} : { files_searched: found.filesSearched }),
            files_matched: found.filesMatched,
            truncated: found.isTruncated,
          };
        },
      ),
    file_glob: ({ body }, { signal }) =>
      attempt(
        {
          path: body.path,
          operation: 'glob',
          empty: { path: body.path, pattern: body.pattern, files: [], total_count: 0, truncated: false },
        },
        places,
        async (path) => {
          const options = {
            exclude: body.exclude,
            includeHidden: body.include_hidden,
            filesOnly: body.files_only,
            includeMetadata: body.include_metadata,
            maxResults: body.max_results,
            sortBy: body.sort_by,
            sortDescending: body.sort_desc,
            signal,
          };
          const { files, total, truncated } = await gate.run(signal, () => globFiles(path, body.pattern, options));
          return { path, pattern: body.pattern, files: [...files], total_count: total, truncated };
        },
      ),
  };
}
