import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

import { readText } from '../read.ts';
import { MAX_EDIT_BYTES, tooLarge } from './apply.ts';
import { EditorError } from './editor-error.ts';
import type { Content } from './history.ts';

/** @throws EditorError with the first words that clients look for */
export function refuseRelative(path: string): void {
  if (isAbsolute(path)) return;
  throw badPath('invalid_path', path, 'The path should be an absolute path, starting with `/`.');
}

/** @throws EditorError not_found */
export async function statTarget(path: string): Promise<Stats> {
  const stats = await statOrUndefined(path);
  if (stats === undefined) throw notFound(path);
  return stats;
}

/** The text of a file to edit, or undefined where there is none. */
export async function readForEdit(path: string): Promise<Content> {
  const stats = await statOrUndefined(path);
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) {
    const hint = `The path ${path} is a directory and only the \`view\` command can be used on directories.`;
    throw badPath('invalid_target', path, hint);
  }
  if (stats.size > MAX_EDIT_BYTES) throw tooLarge(path);
  return (await readText(path)).content;
}

export const notFound = (path: string): EditorError =>
  badPath('not_found', path, `The path ${path} does not exist. Please provide a valid path.`);

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

const badPath = (reason: 'invalid_path' | 'invalid_target' | 'not_found', path: string, hint: string): EditorError =>
  new EditorError(reason, { path, message: `Invalid \`path\` parameter: ${path}. ${hint}` });
