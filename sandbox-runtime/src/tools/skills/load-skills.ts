import { access, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { Logger } from '@sandfleet/server-kit';

import { findSkillDirectories, readSkill } from './find-skills.ts';
import { WORK_PREFIXES } from './placing.ts';

export interface Skill {
  readonly name: string;
  readonly directory: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** It came by an archive, so that its files are ours to remove. */
  readonly unpacked: boolean;
}

/** Marks a directory as unpacked by us, so that we know it again after a restart. */
export const MARK = '.sandfleet-skill';

/** What is at a directory from earlier or from others; what is no good there is logged and left out. */
export async function loadSkills(root: string, log: Logger): Promise<readonly Skill[]> {
  const skills: Skill[] = [];
  try {
    for (const directory of await findSkillDirectories(root)) {
      const unpacked = await isMarked(directory);
      try {
        // Unpacked directories have the name that the skill was given then.
        skills.push({ ...(await readSkill(directory, unpacked ? { given: basename(directory) } : {})), unpacked });
      } catch (error) {
        log.warn({ err: error, directory }, 'a skill is left out');
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ err: error, root }, 'skills could not be looked for');
  }
  return skills;
}

export const isMarked = (directory: string): Promise<boolean> =>
  access(join(directory, MARK)).then(
    () => true,
    () => false,
  );

/** What a server that was killed in the middle of a registration has left behind. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => WORK_PREFIXES.some((prefix) => name.startsWith(prefix)));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true }).catch(() => {})));
}
