import { join } from 'node:path';

/** Bytes, with room for the number of a copy; file systems allow 255. */
const MAX_NAME = 200;
const MAX_COPIES = 1000;

/** A name that a page suggested, as the name of a file in its directory and nothing else. */
export function safeFileName(suggested: string): string {
  const last = suggested.split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .replaceAll(/[\p{C}<>:"|?*]/gu, '_')
    .replace(/^[.\s]+/, '')
    .trimEnd();
  return clean === '' ? 'download' : shorten(clean);
}

/** Runs `create` with `name (1).ext`, `name (2).ext`… until one was not taken yet, and gives that path. */
export async function freeName(directory: string, name: string, create: (path: string) => Promise<void>): Promise<string> {
  const [stem, extension] = split(name);
  for (let copy = 0; copy < MAX_COPIES; copy += 1) {
    const path = join(directory, copy === 0 ? name : `${stem} (${copy})${extension}`);
    try {
      await create(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error(`There are too many files named ${name} in ${directory}`);
}

/** Whether a file has a name that was suggested, or that with the number of a copy. */
export function isCopyOf(file: string, name: string): boolean {
  const [stem, extension] = split(name);
  if (file === name) return true;
  if (!file.startsWith(`${stem} (`) || !file.endsWith(`)${extension}`)) return false;
  return /^\d{1,4}$/.test(file.slice(stem.length + 2, file.length - extension.length - 1));
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME) return name;
  const [stem, extension] = split(name);
  let kept = stem;
  while (Buffer.byteLength(kept + extension) > MAX_NAME) kept = Array.from(kept).slice(0, -1).join('');
  return kept + extension;
}

/** An extension is short; behind a late dot of a long name it is no extension. */
function split(name: string): readonly [stem: string, extension: string] {
  const [, stem, extension] = /^(.+?)((?:\.tar)?\.[^.]{1,16})$/u.exec(name) ?? [];
  return [stem ?? name, extension ?? ''];
}
