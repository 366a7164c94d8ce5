import { open, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Lines of JSON in a file that does not grow for ever: a full one becomes the file of older records, of which there is one. The
 * directory belongs to the user's own account, so a file is only ever made new and then held open: what stands under its name
 * later (a link, a pipe) is not written to.
 */
export class RecordFile {
  readonly #directory: string;
  readonly #name: string;
  readonly #maxBytes: number;
  #handle: FileHandle | undefined;
  #bytes = 0;

  constructor(directory: string, name: string, maxBytes: number) {
    this.#directory = directory;
    this.#name = name;
    this.#maxBytes = maxBytes;
  }

  /** One at a time. A record that can't be written is dropped: a full disk is what may be observed here. */
  async append(record: unknown): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    if (line.length > this.#maxBytes) return;
    try {
      if (this.#bytes + line.length > this.#maxBytes) await this.#rotate();
      this.#handle ??= await open(this.#path(''), 'wx', 0o600);
      await this.#handle.appendFile(line);
      this.#bytes += line.length;
    } catch {
      await this.close();
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }

  async #rotate(): Promise<void> {
    await this.close();
    await rename(this.#path(''), this.#path('.older'));
    this.#bytes = 0;
  }

  #path(suffix: string): string {
    return join(this.#directory, `${this.#name}${suffix}.jsonl`);
  }
}
