import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import type { Environment } from '../../../config.ts';
import { killGroup } from '../../../process/kill-group.ts';
import { requireStreams } from '../../../process/no-room.ts';
import { EditorError, invalid, type EditorErrorType } from './editor-error.ts';
import type { DocumentKind, EditorBody } from './view.ts';

export interface DocumentViewerOptions {
  readonly env: Environment;
  readonly python: string;
  /** Folder of document_view.py. */
  readonly pythonDirectory: string;
  readonly timeoutSeconds?: number;
}

export interface DocumentView {
  readonly text: string;
  readonly metadata: Record<string, unknown>;
}

export interface DocumentRequest {
  readonly path: string;
  readonly kind: DocumentKind;
  readonly body: EditorBody;
  readonly signal: AbortSignal;
}

const MAX_AT_ONCE = 2;
const TIMEOUT_SECONDS = 60;
/** Bytes of the script's report; the script itself cuts its text far below. */
const MAX_REPORT_BYTES = 4 * 1024 * 1024;
const MAX_COMPLAINT_BYTES = 2048;

type Report = DocumentView | { readonly error: string; readonly type: string };

/** Shows documents by a process of its own: parsers of hostile files may crash, hang or eat memory there, and only there. */
export class DocumentViewer {
  readonly #options: DocumentViewerOptions;
  readonly #running = new Set<ChildProcess>();

  constructor(options: DocumentViewerOptions) {
    this.#options = options;
  }

  /** @throws EditorError */
  async view({ path, kind, body, signal }: DocumentRequest): Promise<DocumentView> {
    signal.throwIfAborted();
    if (this.#running.size >= MAX_AT_ONCE)
      throw new EditorError('busy', { path, message: `${MAX_AT_ONCE} documents are being read; try again in a moment.` });
    const { page_range, sheet_name, row_range, slide_range } = body;
    const request = JSON.stringify({ path, kind, page_range, sheet_name, row_range, slide_range });
    const outcome = await this.#run(request, signal);
    const report = parseReport(outcome.report);
    if (report === undefined) throw explain(path, outcome);
    if ('error' in report) throw refused(path, report, sheet_name);
    return report;
  }

  close(): void {
    for (const child of this.#running) killGroup(child.pid);
  }

  async #run(request: string, signal: AbortSignal): Promise<Outcome> {
    const { env, python, pythonDirectory, timeoutSeconds = TIMEOUT_SECONDS } = this.#options;
    // Isolated, so that no module beside the document or of the user's is taken for one of the parser's.
    const child = spawn(python, ['-I', join(pythonDirectory, 'document_view.py'), request], {
      env: { ...env },
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    requireStreams(child);
    this.#running.add(child);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child.pid);
    }, timeoutSeconds * 1000);
    const stop = () => killGroup(child.pid);
    signal.addEventListener('abort', stop);
    try {
      const report = collect(child.stdout, MAX_REPORT_BYTES, stop);
      const complaint = collect(child.stderr, MAX_COMPLAINT_BYTES);
      const failure = await ended(child);
      return { report: await report, complaint: await complaint, failure, timedOut };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      this.#running.delete(child);
      killGroup(child.pid);
    }
  }
}

interface Outcome {
  readonly report: string;
  readonly complaint: string;
  readonly failure: NodeJS.ErrnoException | undefined;
  readonly timedOut: boolean;
}

const ended = (child: ChildProcess): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', () => resolve(undefined));
  });

async function collect(stream: AsyncIterable<Buffer>, limit: number, onFull?: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    if (length < limit) chunks.push(chunk);
    length += chunk.length;
    if (length > limit) onFull?.();
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}

/** The script is ours, so what parses is a report; what was cut short or killed does not parse. */
function parseReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

const KNOWN: Readonly<Record<string, EditorErrorType>> = {
  missing_dependency: 'missing_dependency',
  too_large: 'too_large',
  invalid_target: 'invalid_target',
};

function refused(path: string, { type, error }: { type: string; error: string }, sheet: string | undefined): EditorError {
  if (type === 'unknown_sheet') return invalid('sheet_name', sheet, path, error);
  if (type.endsWith('_range'))
    return new EditorError('invalid_argument', { path, message: `Invalid \`${type}\` parameter: ${error}` });
  return new EditorError(KNOWN[type] ?? 'io_error', { path, message: `Cannot view ${path}: ${error}` });
}

function explain(path: string, { failure, complaint, timedOut }: Outcome): EditorError {
  const fail = (reason: EditorErrorType, why: string) =>
    new EditorError(reason, { path, message: `Cannot view ${path}: ${why}`, cause: failure });
  if (failure?.code === 'ENOENT') return fail('missing_dependency', 'Python is not installed');
  if (timedOut) return fail('timeout', 'reading it took too long; ask for fewer pages, rows or slides');
  if (complaint.includes("can't open file")) return fail('missing_dependency', 'document_view.py is not installed');
  return fail('io_error', complaint.trim().split('\n').at(-1) || 'the process that read it was ended');
}
