import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, mkdtemp, open, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { ApiError } from '@sandfleet/contract';
import type { ObserveReport } from '@sandfleet/contract/runtime';

import { runBounded } from '../../process/bounded-process.ts';

const PACK_TIMEOUT_MS = 120_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** tar's word for "packed, but a file grew meanwhile", as the records of a running session do. */
const TAR_CHANGED = 1;
const TOOLS = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };

export interface PackOptions {
  readonly reason: string;
  readonly session: { readonly id: string; readonly directory: string } | undefined;
  /** What goes in as report.json. */
  readonly summary: unknown;
  readonly signal: AbortSignal;
}

/** The reports there are, by ids that were made here: no caller ever names a file. */
export class Reports {
  readonly #max: number;
  readonly #directory: () => Promise<string>;
  readonly #reports = new Map<string, ObserveReport>();

  constructor(max: number, directory: () => Promise<string>) {
    this.#max = max;
    this.#directory = directory;
  }

  get size(): number {
    return this.#reports.size;
  }

  list(): ObserveReport[] {
    return [...this.#reports.values()];
  }

  /** @throws ApiError when there is none of this id. */
  get(id: string): ObserveReport {
    const report = this.#reports.get(id);
    if (report === undefined) throw new ApiError('NOT_FOUND', { message: `There is no report ${id}.` });
    return report;
  }

  async pack({ reason, session, summary, signal }: PackOptions): Promise<ObserveReport> {
    const directory = await this.#directory();
    const id = `report-${randomBytes(8).toString('hex')}`;
    const path = join(directory, `${id}.tar.gz`);
    const staging = await mkdtemp(join(directory, 'pack-'));
    try {
      await writeFile(join(staging, 'report.json'), `${JSON.stringify(summary, null, 2)}\n`, { flag: 'wx' });
      await runTar({ path, staging, session, signal });
      const { size } = await stat(path);
      if (size > MAX_BYTES) throw new Error(`the report has ${size} bytes, more than ${MAX_BYTES}`);
      const createdAt = new Date().toISOString();
      const ids = session === undefined ? {} : { session_id: session.id };
      const report = { report_id: id, ...ids, reason, created_at: createdAt, path, size_bytes: size };
      this.#reports.set(id, report);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > this.#max && oldest !== undefined) await this.delete(oldest);
    return this.get(id);
  }

  /** @throws ApiError when there is none of this id, or its file is not what was packed. */
  async open(id: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
    const { path } = this.get(id);
    // Whoever put a link or a pipe under the name gets neither the file behind it nor a reader that waits.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await open(path, flags).catch(() => undefined);
    const stats = await handle?.stat();
    if (handle !== undefined && stats?.isFile() && stats.size > 0) return { handle, size: stats.size };
    await handle?.close();
    throw new ApiError('NOT_FOUND', { message: `The file of report ${id} is gone.` });
  }

  /** @throws ApiError when there is none of this id. */
  async delete(id: string): Promise<ObserveReport> {
    const report = this.get(id);
    this.#reports.delete(id);
    await rm(report.path, { force: true });
    return report;
  }
}

async function runTar({
  path,
  staging,
  session,
  signal,
}: {
  readonly path: string;
  readonly staging: string;
  readonly session: PackOptions['session'];
  readonly signal: AbortSignal;
}): Promise<void> {
  const records = session === undefined ? [] : ['-C', dirname(session.directory), `./${basename(session.directory)}`];
  const { ended, exitCode, stderr } = await runBounded({
    command: ['tar', '--create', '--gzip', '--file', path, '-C', staging, './report.json', ...records],
    directory: staging,
    env: TOOLS,
    timeoutMs: PACK_TIMEOUT_MS,
    maxOutputBytes: 4096,
    signal,
  });
  if (ended !== 'exit' || (exitCode !== 0 && exitCode !== TAR_CHANGED))
    throw new Error(`tar did not pack the report (${ended}, ${exitCode}): ${stderr.bytes.toString('utf8')}`);
  await chmod(path, 0o600);
}
