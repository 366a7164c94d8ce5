import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { FileError } from '../file/file-error.ts';
import { openRegular } from '../file/open-regular.ts';
import { FrontMatterError, parseSkillText, type SkillText } from './front-matter.ts';
import { isSkillName } from './skill-name.ts';

export const SKILL_FILE = 'SKILL.md';
const MAX_SKILL_BYTES = 1024 * 1024;
const MAX_DEPTH = 3;
const MAX_DIRECTORIES = 5000;

export interface FoundSkill {
  readonly name: string;
  readonly directory: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The directories at or below this one that hold a SKILL.md, sorted; none is looked for inside another. */
export async function findSkillDirectories(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  let level = [root];
  let seen = 0;
  // Links are followed, since people link skills into place; the depth ends those that lead in a circle.
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const directory of level) {
      seen += 1;
      if (seen > MAX_DIRECTORIES) return found.sort();
      if (await isFile(join(directory, SKILL_FILE))) found.push(directory);
      else if (depth < MAX_DEPTH) next.push(...(await below(directory, directory === root)));
    }
    level = next;
  }
  return found.sort();
}

/** @throws FileError (decode_error and others) that says which file is wrong and how. */
export async function readSkillText(directory: string): Promise<SkillText> {
  const path = join(directory, SKILL_FILE);
  const { file, stats } = await openRegular(path, 'read');
  try {
    if (stats.size > MAX_SKILL_BYTES) throw new FileError('too_large', wrong(path, `it has more than ${MAX_SKILL_BYTES} bytes`));
    return parseSkillText(new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile()));
  } catch (error) {
    if (error instanceof FrontMatterError) throw new FileError('decode_error', wrong(path, error.message));
    if (error instanceof TypeError) throw new FileError('decode_error', wrong(path, 'it is not UTF-8'));
    throw error;
  } finally {
    await file.close();
  }
}

/** Named by what the caller says, else by itself, else by `fallback` or its directory. */
export async function readSkill(
  directory: string,
  { given, fallback = basename(directory) }: { given?: string; fallback?: string } = {},
): Promise<FoundSkill> {
  const { metadata } = await readSkillText(directory);
  const own = metadata['name'];
  const name = given ?? (typeof own === 'string' && own.trim() !== '' ? own.trim() : fallback);
  if (!isSkillName(name))
    throw new FileError(
      'invalid_path',
      wrong(
        join(directory, SKILL_FILE),
        `${JSON.stringify(name.slice(0, 80))} is no name for a skill (up to 64 letters, digits and . _ + -)`,
      ),
    );
  return { name, directory, metadata };
}

const wrong = (path: string, why: string) => ({ path, operation: 'register', message: `${path} cannot be taken: ${why}` });

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );

async function below(directory: string, isRoot: boolean): Promise<string[]> {
  // What lies deeper and cannot be read has no skills for us; the root is what the caller named.
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (isRoot) throw error;
    return [];
  });
  return entries
    .filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.') && entry.name !== 'node_modules',
    )
    .map((entry) => join(directory, entry.name))
    .sort();
}
