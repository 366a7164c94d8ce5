import { basename } from 'node:path';
import { Readable } from 'node:stream';

import { ApiError } from '@sandfleet/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { parseRange, type ByteRange } from './byte-range.ts';
import { attachment } from './content-disposition.ts';
import { contentOf, entityTag } from './download.ts';
import { FileError, toFileError, type FileErrorType } from './file-error.ts';
import { openRegular, type OpenFile } from './open-regular.ts';
import { resolvePath, type Places } from './workspace-path.ts';

const OPERATION = 'download';

export interface Download {
  readonly path: string;
  readonly abortOnChange: boolean;
}

/** Answers with the bytes of a file, or with an HTTP error that holds what went wrong as its data. */
export async function sendFile(
  { path: given, abortOnChange }: Download,
  { places, request, reply }: { places: Places; request: FastifyRequest; reply: FastifyReply },
): Promise<void> {
  try {
    const path = resolvePath(given, places, OPERATION);
    const opened = await openRegular(path, OPERATION);
    const size = describe(reply, opened, path);
    const range = wantedRange(request, reply, size);
    const isKnown = isFresh(request, reply);
    if (isKnown || request.method === 'HEAD') return await sendNoContent(opened, { reply, size, isKnown });
    await sendContent(opened, { reply, range, size, abortOnChange });
  } catch (error) {
    sendFileError(reply, toFileError(error, given, OPERATION));
  }
}

/** The headers that do not depend on the range. Returns the size, unless the file does not know it, as those of /proc. */
function describe(reply: FastifyReply, { stats }: OpenFile, path: string): number | undefined {
  void reply
    .type('application/octet-stream')
    .header('content-disposition', attachment(basename(path)))
    .header('cache-control', 'private, no-cache');
  if (stats.size === 0n) return undefined;
  void reply.header('accept-ranges', 'bytes').header('etag', entityTag(stats)).header('last-modified', stats.mtime.toUTCString());
  return Number(stats.size);
}

function wantedRange({ headers, method }: FastifyRequest, reply: FastifyReply, size: number | undefined): ByteRange {
  if (size === undefined || method === 'HEAD') return 'all';
  const condition = headers['if-range'];
  const isSame =
    condition === undefined || condition === reply.getHeader('etag') || condition === reply.getHeader('last-modified');
  return isSame ? parseRange(headers.range, size) : 'all';
}

/** RFC 9110 13.2.2: the tag decides where both are given. */
function isFresh({ headers }: FastifyRequest, reply: FastifyReply): boolean {
  const tags = headers['if-none-match'];
  const etag = reply.getHeader('etag');
  if (etag === undefined) return false;
  if (tags !== undefined) return tags.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Date.parse(String(reply.getHeader('last-modified'))) <= since;
}

interface NoContent {
  readonly reply: FastifyReply;
  readonly size: number | undefined;
  readonly isKnown: boolean;
}

async function sendNoContent({ file }: OpenFile, { reply, size, isKnown }: NoContent): Promise<void> {
  await file.close();
  if (isKnown) return void reply.code(304).send();
  if (size !== undefined) void reply.header('content-length', size);
  // Fastify would count the bytes of any other body, and read a file to its end for nothing.
  return void reply.send(Readable.from([]));
}

interface Sending {
  readonly reply: FastifyReply;
  readonly range: ByteRange;
  readonly size: number | undefined;
  readonly abortOnChange: boolean;
}

async function sendContent(opened: OpenFile, { reply, range, size, abortOnChange }: Sending): Promise<void> {
  if (range === 'none') {
    await opened.file.close();
    void reply
      .code(416)
      .header('content-range', `bytes */${size ?? 0}`)
      .removeHeader('content-disposition');
    return sendFailure(reply, { message: 'The file has no such bytes.', data: null });
  }
  const { start, end } = range === 'all' ? { start: 0, end: (size ?? 0) - 1 } : range;
  const length = size === undefined ? undefined : end - start + 1;
  const content = await contentOf(opened, { start, length, abortOnChange });
  if (range !== 'all') {
    // Files of /sys are shorter than they say; a part of one has no right answer.
    if (Buffer.isBuffer(content) && content.length !== length)
      throw new ApiError('CONFLICT', { message: 'The file is shorter than its size.' });
    void reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
  }
  if (!Buffer.isBuffer(content) && length !== undefined) void reply.header('content-length', length);
  return void reply.send(content);
}

const STATUS: Partial<Record<FileErrorType, number>> = {
  not_found: 404,
  permission_denied: 403,
  invalid_target: 400,
  invalid_path: 400,
};

/** @throws what is no error of a file. */
function sendFileError(reply: FastifyReply, error: unknown): void {
  for (const name of ['content-disposition', 'accept-ranges', 'etag', 'last-modified']) void reply.removeHeader(name);
  if (!(error instanceof FileError)) throw error;
  void reply.code(STATUS[error.type] ?? 500);
  sendFailure(reply, { message: error.message, data: error.toData() });
}

function sendFailure(reply: FastifyReply, failure: { readonly message: string; readonly data: unknown }): void {
  void reply.type('application/json; charset=utf-8').send(JSON.stringify({ success: false, ...failure }));
}
