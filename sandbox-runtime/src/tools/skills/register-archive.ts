import { mkdir, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';

import type { SkillMetadata } from '@sandfleet/contract/runtime';

import { FileError } from '../file/file-error.ts';
import { ArchiveError } from './archive-path.ts';
import { MARK } from './load-skills.ts';
import { placeAll, withWorkDirectory } from './placing.ts';
import { findAll, type SkillRegistry } from './skill-registry.ts';
import { unpack } from './unpack.ts';

export interface Archive {
  /** Where the bytes are. */
  readonly file: string;
  /** What the client called it; names a skill that has no name of its own. */
  readonly filename: string;
  readonly name: string | undefined;
}

/**
 * Unpacks an archive beside where its skills go, looks at all of it, and only then puts each skill into `folder`. Whoever runs in
 * this sandbox could change the files meanwhile, but only with the same rights as we have.
 *
 * @throws FileError, the signal's reason, and what the file system throws; then `folder` is as it was.
 */
export async function registerArchive(
  registry: SkillRegistry,
  archive: Archive,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<readonly SkillMetadata[]> {
  await registry.load();
  return withWorkDirectory(folder, async (work) => {
    const content = join(work, 'content');
    try {
      await mkdir(content);
      await unpack(archive.file, content, { signal });
      const found = await findAll(content, {
        fallback: parse(archive.filename).name,
        ...(archive.name === undefined ? {} : { given: archive.name }),
      });
      for (const { directory } of found) await writeFile(join(directory, MARK), '');
      const skills = found.map((skill) => ({ ...skill, directory: join(folder, skill.name), unpacked: true }));
      const moves = found.map(({ name, directory }) => ({ from: directory, to: join(folder, name) }));
      return await registry.register(skills, { place: () => placeAll(moves, work), signal });
    } catch (error) {
      throw shown(error, content, folder);
    }
  });
}

/** Errors speak of the archive, not of the place where it was unpacked. */
function shown(error: unknown, content: string, folder: string): unknown {
  if (error instanceof ArchiveError)
    return new FileError(error.type, { path: folder, operation: 'register', message: error.message });
  if (!(error instanceof FileError) || !error.message.includes(content)) return error;
  const message = error.message.replaceAll(`${content}/`, '').replaceAll(content, 'the top of the archive');
  return new FileError(error.type, { path: folder, operation: 'register', message, cause: error.cause });
}
