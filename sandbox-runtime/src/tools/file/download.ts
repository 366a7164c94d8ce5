import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';

import { ApiError } from '@sandfleet/contract';

import type { OpenFile } from './open-regular.ts';

/** Large enough that the work for each read is little beside it, small enough that many downloads fit into memory. */
export const CHUNK_BYTES = 256 * 1024;

/** Changes with every change of the content. */
export const entityTag = ({ ino, size, mtimeNs }: BigIntStats): string =>
  `"${ino.toString(16)}-${size.toString(16)}-${mtimeNs.toString(16)}"`;

export interface ContentOptions {
  readonly start: number;
  /** Bytes to read; all that come, when the file does not know its size. */
  readonly length: number | undefined;
  readonly abortOnChange: boolean;
}

/** The whole content when it is small, else a stream that closes the file at its end. */
export type Content = Buffer | Readable;

/**
 * Reads what was asked for, and closes the file: when this returns, or with the stream.
 *
 * @throws ApiError (CONFLICT) when the file is seen to change before the first byte goes out.
 */
export async function contentOf({ file, stats }: OpenFile, options: ContentOptions): Promise<Content> {
  const check = async () => {
    if (options.abortOnChange && (await hasChanged(file, stats)))
      throw new ApiError('CONFLICT', { message: 'The file changed while it was being read.' });
  };
  let stream: Readable | undefined;
  try {
    const length = options.length ?? Number.POSITIVE_INFINITY;
    const first = await readFully(file, options.start, Math.min(CHUNK_BYTES, length));
    await check();
    if (first.length === length || first.length < CHUNK_BYTES) return first;
    stream = streamOf(file, first, { start: options.start, length, check });
    return stream;
  } finally {
    if (stream === undefined) await file.close();
  }
}

async function hasChanged(file: FileHandle, { size, mtimeNs }: BigIntStats): Promise<boolean> {
  const now = await file.stat({ bigint: true });
  return now.size !== size || now.mtimeNs !== mtimeNs;
}

/** Less only at the end of the file. */
async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? buffer : buffer.subarray(0, filled);
}

interface StreamOptions {
  readonly start: number;
  readonly length: number;
  /** Comes before the last chunk: a client that misses it knows that the content is not whole. */
  readonly check: () => Promise<void>;
}

function streamOf(file: FileHandle, first: Buffer, { start, length, check }: StreamOptions): Readable {
  let next: Buffer | undefined = first;
  let sent = 0;
  const read = async (): Promise<Buffer | null> => {
    const chunk = next ?? (await readFully(file, start + sent, Math.min(CHUNK_BYTES, length - sent)));
    next = undefined;
    sent += chunk.length;
    if (sent === length || chunk.length === 0) await check();
    if (chunk.length === 0 && Number.isFinite(length) && sent < length) throw new Error('the file became shorter');
    return chunk.length === 0 ? null : chunk;
  };
  return new ContentStream(file, read);
}

/** Owns the file: it is closed at the end, and when the client hangs up. */
class ContentStream extends Readable {
  readonly #file: FileHandle;
  readonly #next: () => Promise<Buffer | null>;

  constructor(file: FileHandle, next: () => Promise<Buffer | null>) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#file = file;
    this.#next = next;
  }

  override _read(): void {
    this.#next().then(
      (chunk) => void this.push(chunk),
      (error: Error) => void this.destroy(error),
    );
  }

  override _destroy(reason: Error | null, settle: (reason: Error | null) => void): void {
    this.#file.close().then(
      () => settle(reason),
      (failure: Error) => settle(reason ?? failure),
    );
  }
}
