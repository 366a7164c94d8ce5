import { stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { openBeside, openDraft, prepareTarget, type Draft } from './draft.ts';
import { FileError } from './file-error.ts';

const COPY_BYTES = 1024 * 1024;
/** Chunks come as small as the network has them, and each write costs a turn. */
const WRITE_BYTES = 256 * 1024;
const OPERATION = 'upload';

/** Where a file of that name goes: a folder, one that exists or is written as one, takes it in. */
export async function uploadTarget(
  path: string,
  { asFolder, filename }: { asFolder: boolean; filename: string },
): Promise<string> {
  const isFolder =
    asFolder ||
    (await stat(path)
      .then((stats) => stats.isDirectory())
      .catch(() => false));
  return isFolder ? join(path, filename) : path;
}

/** The last part of what a client calls its file, fit to be a name here. */
export function safeName(filename: string | undefined): string {
  const last = (filename ?? '').split(/[/\\]/).at(-1) ?? '';
  // oxlint-disable-next-line no-control-regex -- these are what must go
  const name = last.replaceAll(/[\u0000-\u001f\u007f]/g, '').trim();
  return name === '' || name === '.' || name === '..' ? 'upload' : name;
}

export interface OpenOptions {
  /** The path may still turn out to be another: what is there must not be touched before the commit. */
  readonly onlyBeside: boolean;
}

/** @throws FileError (invalid_target) and what the file system throws. */
export async function openUpload(path: string, { onlyBeside }: OpenOptions): Promise<Draft> {
  const place = await prepareTarget(path, OPERATION);
  if (place.existing !== undefined && !place.existing.isFile()) throw notAFile(path);
  return onlyBeside ? openBeside(place) : openDraft(place);
}

const notAFile = (path: string): FileError =>
  new FileError('invalid_target', { path, operation: OPERATION, message: `Cannot upload to ${path}: it is not a regular file` });

/**
 * Writes a stream to the draft and tells how many bytes came. One write runs while the next is collected. It is always waited for,
 * also when the client has gone: a descriptor that is closed under it could be another file's by then.
 */
export async function receive(stream: Readable, { file }: Draft): Promise<number> {
  let [size, waiting, length]: [number, Buffer[], number] = [0, [], 0];
  let writing = Promise.resolve();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      waiting.push(chunk);
      length += chunk.length;
      if (length < WRITE_BYTES) continue;
      await writing;
      writing = writeFully(file, waiting);
      // A failure is found by the next that waits, and is none that nobody handles until then.
      writing.catch(() => {});
      size += length;
      [waiting, length] = [[], 0];
    }
  } finally {
    await writing;
  }
  await writeFully(file, waiting);
  return size + length;
}

async function writeFully(file: FileHandle, buffers: readonly Buffer[]): Promise<void> {
  let rest = buffers.filter((buffer) => buffer.length > 0);
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest);
    rest = rest.flatMap((buffer) => {
      const written = Math.min(bytesWritten, buffer.length);
      bytesWritten -= written;
      return written === buffer.length ? [] : [buffer.subarray(written)];
    });
  }
}

/** The path came behind the file: what was received for another place goes to this one. */
export async function moveTo(path: string, received: Draft): Promise<Draft> {
  const draft = await openUpload(path, { onlyBeside: false });
  try {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let position = 0; ;) {
      const { bytesRead } = await received.file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      await writeFully(draft.file, [buffer.subarray(0, bytesRead)]);
      position += bytesRead;
    }
    await received.discard();
    return draft;
  } catch (error) {
    await draft.discard();
    throw error;
  }
}
