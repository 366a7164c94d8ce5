import { shellQuoted } from './shell-quoted.ts';
import { asList, asObject, showing, shown, textOf, type ToolDefinition } from './tool-definition.ts';

const path = { path: 'file' };

export const fileTools: readonly ToolDefinition[] = [
  {
    name: 'file_read',
    server: 'file',
    operation: 'POST /v1/file/read',
    title: 'Read a file',
    effect: 'reads',
    without: ['sudo'],
    also: { ...path, file_path: 'file' },
    present: showing('content'),
  },
  {
    name: 'file_write',
    server: 'file',
    operation: 'POST /v1/file/write',
    title: 'Write a file',
    effect: 'destroys',
    without: ['sudo'],
    also: { ...path, file_path: 'file', text: 'content' },
    present: ({ data }) => ({
      text: `Wrote ${shown(asObject(data)['bytes_written'])} bytes to ${shown(asObject(data)['file'])}.`,
      data,
    }),
  },
  {
    name: 'file_replace',
    server: 'file',
    operation: 'POST /v1/file/replace',
    title: 'Replace text in a file',
    effect: 'destroys',
    without: ['sudo'],
    also: { ...path, old_text: 'old_str', new_text: 'new_str', target: 'old_str', content: 'new_str' },
    present: ({ data }) => ({
      text: `Replaced ${shown(asObject(data)['replaced_count'])} occurrences in ${shown(asObject(data)['file'])}.`,
      data,
    }),
  },
  {
    name: 'file_search',
    server: 'file',
    operation: 'POST /v1/file/search',
    title: 'Search a file',
    effect: 'reads',
    without: ['sudo'],
    also: { ...path, pattern: 'regex', query: 'regex', target: 'regex' },
    present: ({ data }) => ({ text: numbered(asList(asObject(data)['match_details'])), data }),
  },
  {
    name: 'file_list',
    server: 'file',
    operation: 'POST /v1/file/list',
    title: 'List a folder',
    effect: 'reads',
    also: { file: 'path', directory: 'path' },
    present: ({ data }) => ({ text: asList(asObject(data)['files']).map(listed).join('\n'), data }),
  },
  {
    name: 'file_find',
    server: 'file',
    operation: 'POST /v1/file/find',
    title: 'Find files by name',
    effect: 'reads',
    also: { file: 'path', pattern: 'glob', file_pattern: 'glob' },
    present: ({ data }) => ({ text: asList(asObject(data)['files']).join('\n'), data }),
  },
  {
    name: 'file_grep',
    server: 'file',
    operation: 'POST /v1/file/grep',
    title: 'Search the text of files',
    effect: 'reads',
    also: { regex: 'pattern', query: 'pattern' },
    present: ({ data }) => ({ text: asList(asObject(data)['matches']).map(matched).join('\n'), data }),
  },
  { name: 'file_glob', server: 'file', operation: 'POST /v1/file/glob', title: 'List files by a pattern', effect: 'reads' },
  {
    name: 'file_str_replace_editor',
    server: 'file',
    operation: 'POST /v1/file/str_replace_editor',
    title: 'View and edit a file',
    effect: 'destroys',
    also: { file: 'path', content: 'file_text' },
    present: showing('output'),
  },
  {
    name: 'file_delete',
    server: 'file',
    operation: 'POST /v1/bash/exec',
    title: 'Delete a file',
    description: 'Deletes a file or an empty folder; a folder with all that is in it when `recursive` is true. There is no undo.',
    effect: 'destroys',
    also: { file: 'path' },
    input: {
      type: 'object',
      properties: {
        path: { type: 'string', minLength: 1, maxLength: 4096, description: 'Absolute, or relative to the workspace' },
        recursive: { type: 'boolean', default: false, description: 'Also a folder that is not empty' },
      },
      required: ['path'],
    },
    run: async (args, call) => {
      const target = shellQuoted(textOf(args['path']) ?? '');
      const command = args['recursive'] === true ? `rm -r -- ${target}` : `rm -d -- ${target}`;
      const { data } = await call('POST /v1/bash/exec', { command });
      const { session_id: session, exit_code: code, stderr } = asObject(data);
      await call('POST /v1/bash/sessions/{session_id}/close', { session_id: session });
      if (code !== 0) throw new Error(shown(stderr).trim() || 'Nothing was deleted.');
      return { text: `Deleted ${shown(args['path'])}.`, data: { path: args['path'], deleted: true } };
    },
  },
];

const numbered = (matches: readonly unknown[]): string =>
  matches.map((match) => `${shown(asObject(match)['line_number'])}:${shown(asObject(match)['line'])}`).join('\n');

const listed = (file: unknown): string => `${shown(asObject(file)['path'])}${asObject(file)['is_directory'] === true ? '/' : ''}`;

const matched = (match: unknown): string => {
  const { file, line_number: line, line_content: content } = asObject(match);
  return `${shown(file)}:${shown(line)}:${shown(content)}`;
};
