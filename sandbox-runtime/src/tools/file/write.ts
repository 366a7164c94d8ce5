import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { openDraft, prepareTarget } from './draft.ts';
import { FileError } from './file-error.ts';

export interface WriteOptions {
  readonly encoding?: 'utf-8' | 'base64' | 'raw' | undefined;
  readonly append?: boolean | undefined;
  readonly leadingNewline?: boolean | undefined;
  readonly trailingNewline?: boolean | undefined;
}

/** Writes or appends, making the folders on the way, and tells how many bytes were written. */
export async function writeContent(path: string, content: string, options: WriteOptions = {}): Promise<number> {
  const bytes = encode(path, content, options);
  if (options.append) await appendBytes(path, bytes);
  else await replaceBytes(path, bytes, 'write');
  return bytes.length;
}

/** Makes the bytes the whole content of the file. */
export async function replaceBytes(path: string, bytes: Uint8Array, operation: string): Promise<void> {
  const draft = await openDraft(await prepareTarget(path, operation));
  try {
    await draft.file.writeFile(bytes);
    await draft.commit();
  } finally {
    await draft.discard();
  }
}

async function appendBytes(path: string, bytes: Buffer): Promise<void> {
  const { target } = await prepareTarget(path, 'write');
  // O_NONBLOCK: what has become a pipe meanwhile must not hold one of the few threads for files.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
  const file = await open(target, flags, 0o666);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

/** Looks for what does not belong: a pattern of the whole runs out of stack on megabytes. */
function isBase64(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const end = text.length - padding;
  const isWhole = padding === 0 ? end % 4 !== 1 : (end % 4) + padding === 4;
  return isWhole && !/[^A-Za-z0-9+/]/.test(text.slice(0, end));
}

function encode(path: string, content: string, { encoding = 'utf-8', leadingNewline, trailingNewline }: WriteOptions): Buffer {
  const fail = (why: string) =>
    new FileError('decode_error', { path, operation: 'write', message: `Cannot write ${path}: ${why}` });
  if (encoding === 'base64') {
    const text = content.replaceAll(/\s/g, '');
    if (!isBase64(text)) throw fail('the content is not base64');
    return Buffer.from(text, 'base64');
  }
  if (encoding === 'raw') {
    for (const character of content) if (character > '\u{ff}') throw fail('raw content holds characters that are no single byte');
    return Buffer.from(content, 'latin1');
  }
  return Buffer.from(`${leadingNewline ? '\n' : ''}${content}${trailingNewline ? '\n' : ''}`, 'utf8');
}
