import type { Input } from '@sandfleet/contract';
import type { editorContract } from '@sandfleet/contract/runtime';

import { isoTime } from '../iso-time.ts';
import { listDirectory } from '../list.ts';
import { readText } from '../read.ts';
import type { DocumentViewer } from './document-viewer.ts';
import { invalid } from './editor-error.ts';
import { numberLines } from './numbered-lines.ts';
import { statTarget } from './target.ts';

export type EditorBody = Input<typeof editorContract.file_str_replace_editor>['body'];

export interface Viewed {
  readonly output: string;
  readonly metadata?: Record<string, unknown>;
}

const MAX_LISTED = 2000;
const LISTED_LEVELS = 2;
/** What each kind of document takes instead of lines. */
const RANGES = { pdf: ['page_range'], xlsx: ['sheet_name', 'row_range'], pptx: ['slide_range'] } as const;
export type DocumentKind = keyof typeof RANGES;
const KINDS: ReadonlyMap<string, DocumentKind> = new Map([
  ['pdf', 'pdf'],
  ['xlsx', 'xlsx'],
  ['xlsm', 'xlsx'],
  ['pptx', 'pptx'],
]);

export async function view(
  path: string,
  body: EditorBody,
  { documents, signal }: { documents: DocumentViewer; signal: AbortSignal },
): Promise<Viewed> {
  const stats = await statTarget(path);
  const kind = stats.isFile() ? KINDS.get(/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '') : undefined;
  refuseOtherRanges(path, body, kind);
  if (stats.isDirectory()) return viewDirectory(path, body, signal);
  if (kind === undefined) return viewText(path, body, stats);
  if ((body.view_range ?? []).length > 0)
    throw invalid('view_range', body.view_range, path, `For this file, use ${RANGES[kind].join(' and ')}.`);
  for (const name of ['page_range', 'row_range', 'slide_range'] as const) checkRange(name, body[name], path);
  const { text, metadata } = await documents.view({ path, kind, body, signal });
  return { output: `Here's the content of ${path}:\n${text}`, ...(body.enable_metadata ? { metadata } : {}) };
}

function refuseOtherRanges(path: string, body: EditorBody, kind: DocumentKind | undefined): void {
  for (const [owner, names] of Object.entries(RANGES)) {
    for (const name of names) {
      if (owner !== kind && body[name] !== undefined && body[name].length > 0)
        throw invalid(name, body[name], path, `It is for .${owner} files.`);
    }
  }
}

/** Two numbers, from 1, the second -1 or not before the first. */
function checkRange(name: string, range: readonly number[] | undefined, path: string): readonly [number, number] | undefined {
  if (range === undefined || range.length === 0) return undefined;
  const [first = 0, last = 0] = range;
  if (range.length !== 2) throw invalid(name, range, path, 'It should be a list of two integers.');
  if (first < 1) throw invalid(name, range, path, `Its first element \`${first}\` should be 1 or more.`);
  if (last !== -1 && last < first)
    throw invalid(name, range, path, `Its second element \`${last}\` should be -1, or not less than the first.`);
  return [first, last];
}

async function viewText(path: string, body: EditorBody, stats: { size: number; mtimeMs: number }): Promise<Viewed> {
  const range = checkRange('view_range', body.view_range, path);
  const [first, last] = range ?? [1, -1];
  const options = { startLine: first - 1, ...(last === -1 ? {} : { endLine: last }) };
  const { content, lineCount } = await readText(path, range === undefined ? {} : options);
  if (first > Math.max(1, lineCount))
    throw invalid('view_range', body.view_range, path, `The file has ${lineCount} lines, so nothing is there.`);
  const { text, truncated, next } = numberLines(content, first);
  const notes = [
    ...(last > lineCount ? [`(The file ends with line ${lineCount}.)\n`] : []),
    ...(truncated ? [`(Cut here: the file has ${lineCount} lines. Go on with view_range [${next}, -1].)\n`] : []),
  ];
  const metadata = { type: 'text', size: stats.size, total_lines: lineCount, modified_time: isoTime(stats.mtimeMs) };
  return {
    output: `Here's the result of running \`cat -n\` on ${path}:\n${text}${notes.join('')}`,
    ...(body.enable_metadata ? { metadata } : {}),
  };
}

async function viewDirectory(path: string, body: EditorBody, signal: AbortSignal): Promise<Viewed> {
  if ((body.view_range ?? []).length > 0)
    throw invalid('view_range', body.view_range, path, 'It is not allowed when `path` points to a directory.');
  const options = {
    recursive: true,
    maxDepth: LISTED_LEVELS,
    showHidden: false,
    includeSize: false,
    sortBy: 'path',
    signal,
  } as const;
  const { files, truncated } = await listDirectory(path, options);
  const shown = files.slice(0, MAX_LISTED).map((file) => `${file.path}${file.is_directory ? '/' : ''}`);
  const more = truncated || files.length > MAX_LISTED ? [`(Only the first ${shown.length} entries are shown.)`] : [];
  return {
    output: [
      `Here's the files and directories up to 2 levels deep in ${path}, excluding hidden items:`,
      path === '/' ? path : `${path}/`,
      ...shown,
      ...more,
      '',
    ].join('\n'),
    ...(body.enable_metadata ? { metadata: { type: 'directory', entries: files.length, truncated } } : {}),
  };
}
