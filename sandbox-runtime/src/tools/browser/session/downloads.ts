import { copyFile, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { CDPSession } from 'playwright-core';

import { freeName, safeFileName } from './file-name.ts';
import { quoted, type Notices } from './notices.ts';

export type DownloadState = 'in_progress' | 'completed' | 'canceled';

export interface Download {
  readonly id: string;
  /** Counts the downloads of this sandbox. */
  readonly number: number;
  /** Name of the file in the directory of downloads; until it is complete, what the page suggested. */
  filename: string;
  path: string;
  readonly url: string;
  /** Bytes; -1 as long as the server has not said. */
  size: number;
  received: number;
  state: DownloadState;
  readonly startedAt: Date;
}

interface Begun {
  readonly guid: string;
  readonly url: string;
  readonly suggestedFilename: string;
}

interface Progress {
  readonly guid: string;
  readonly totalBytes: number;
  readonly receivedBytes: number;
  readonly state: 'inProgress' | 'completed' | 'canceled';
  readonly filePath?: string;
}

const MAX_DOWNLOADS = 200;
/** A `data:` URL may hold the whole file. */
const MAX_URL = 2048;

/** What the browser downloaded while somebody was connected to it, the last ones. */
export class Downloads {
  readonly directory: string;
  readonly #notices: Notices;
  readonly #downloads = new Map<string, Download>();
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(directory: string, notices: Notices) {
    this.directory = directory;
    this.#notices = notices;
  }

  /** How many have begun: `finishedAfter` takes it. */
  get count(): number {
    return this.#count;
  }

  list(): readonly Readonly<Download>[] {
    return [...this.#downloads.values()];
  }

  /** The first one that began after the `count` given and has ended, well or not. */
  async finishedAfter(count: number, signal: AbortSignal): Promise<Readonly<Download>> {
    for (;;) {
      signal.throwIfAborted();
      const found = this.list().find(({ number, state }) => number > count && state !== 'in_progress');
      if (found !== undefined) return found;
      await this.#change(signal);
    }
  }

  /** Chromium's own naming stays: it cleans names, counts up taken ones, and a person sees what they expect. */
  async follow(cdp: CDPSession): Promise<void> {
    cdp.on('Browser.downloadWillBegin', (begun) => this.#begin(begun));
    cdp.on('Browser.downloadProgress', (progress) => void this.#progress(progress));
    await cdp.send('Browser.setDownloadBehavior', { behavior: 'default', eventsEnabled: true });
  }

  /** The browser is gone, and with it what was under way. */
  abandon(): void {
    for (const download of this.#downloads.values()) if (download.state === 'in_progress') download.state = 'canceled';
    this.#changed();
  }

  #begin({ guid, url, suggestedFilename }: Begun): void {
    if (this.#downloads.has(guid)) return;
    const filename = safeFileName(suggestedFilename);
    this.#count += 1;
    const download: Download = {
      id: guid,
      number: this.#count,
      filename,
      path: join(this.directory, filename),
      url: url.slice(0, MAX_URL),
      size: -1,
      received: 0,
      state: 'in_progress',
      startedAt: new Date(),
    };
    this.#downloads.set(guid, download);
    const [oldest] = this.#downloads.keys();
    if (this.#downloads.size > MAX_DOWNLOADS && oldest !== undefined) this.#downloads.delete(oldest);
    this.#notices.say(() => sentence(download));
  }

  async #progress({ guid, totalBytes, receivedBytes, state, filePath }: Progress): Promise<void> {
    const download = this.#downloads.get(guid);
    if (download === undefined || download.state !== 'in_progress') return;
    download.received = receivedBytes;
    if (totalBytes > 0) download.size = totalBytes;
    if (state === 'inProgress') return;
    if (state === 'completed' && filePath !== undefined) await this.#place(download, filePath);
    download.state = state;
    this.#changed();
  }

  /** A client of DevTools may have sent downloads elsewhere, under names of its own: they are in the home all the same. */
  async #place(download: Download, filePath: string): Promise<void> {
    try {
      download.path = dirname(filePath) === this.directory ? filePath : await this.#copy(filePath, download.filename);
      download.filename = download.path.slice(dirname(download.path).length + 1);
      download.size = (await stat(download.path)).size;
    } catch {
      // It has been moved or the disk is full: where the browser left it is all there is to say.
      download.path = filePath;
    }
  }

  async #copy(from: string, filename: string): Promise<string> {
    await mkdir(this.directory, { recursive: true });
    return freeName(this.directory, filename, (path) => copyFile(from, path, constants.COPYFILE_EXCL));
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #changed(): void {
    for (const done of this.#waiting) done();
  }
}

function sentence({ state, path, size, filename }: Download): string {
  if (state === 'completed') return `A file was downloaded: ${path} (${size} bytes).`;
  if (state === 'canceled') return `The download of ${quoted(filename)} did not finish.`;
  return `The download of ${quoted(filename)} has begun.`;
}
