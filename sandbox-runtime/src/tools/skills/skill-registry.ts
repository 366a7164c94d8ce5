import { join } from 'node:path';

import { ApiError } from '@sandfleet/contract';
import type { DependencyCommandResult, SkillMetadata } from '@sandfleet/contract/runtime';
import type { Logger } from '@sandfleet/server-kit';

import type { Environment } from '../../config.ts';
import { FileError } from '../file/file-error.ts';
import { createTurns } from '../file/in-turn.ts';
import { findSkillDirectories, readSkill, SKILL_FILE, type FoundSkill } from './find-skills.ts';
import { installDependencies } from './install-dependencies.ts';
import { isMarked, loadSkills, removeLeftovers, type Skill } from './load-skills.ts';
import { removeDirectory } from './placing.ts';

export interface RegistryOptions {
  /** Where archives go that name no other place; what is there is known again after a restart. */
  readonly ownFolder: string;
  readonly initialFolder: string | undefined;
  readonly env: Environment;
  readonly maxSkills: number;
  readonly installSeconds: number;
  readonly log: Logger;
}

interface Entry extends Skill {
  readonly dependencyCommands: readonly DependencyCommandResult[];
}

/** The skills of the sandbox by name. What is in the two folders is looked up at the first use, so that it delays no start. */
export class SkillRegistry {
  readonly #options: RegistryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #inTurn = createTurns();
  #loaded: Promise<void> | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  async list(): Promise<readonly SkillMetadata[]> {
    await this.load();
    return [...this.#entries.values()].map(toMetadata).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws ApiError SKILL_NOT_FOUND */
  async get(name: string): Promise<Entry> {
    await this.load();
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new ApiError('SKILL_NOT_FOUND', { message: 'Skill not found' });
    return entry;
  }

  /** Registers the skills that are at a directory, where they are. */
  async registerDirectory(directory: string, name: string | undefined, signal: AbortSignal): Promise<readonly SkillMetadata[]> {
    const found = await findAll(directory, name === undefined ? {} : { given: name });
    const skills = found.map((skill) => ({ ...skill, unpacked: false }));
    return this.register(skills, { place: async () => {}, signal });
  }

  /** Takes skills in once `place` has brought their files to where they say; then installs what they need. */
  async register(
    skills: readonly Skill[],
    { place, signal }: { place: () => Promise<void>; signal: AbortSignal },
  ): Promise<readonly SkillMetadata[]> {
    await this.load();
    const names = skills.map(({ name }) => name).sort();
    return this.#inTurnOfAll(names, async () => {
      await this.#inTurn('/place', async () => {
        this.#mustHaveRoom(names);
        await place();
        for (const skill of skills) await this.#add(skill);
      });
      const deadline = Date.now() + this.#options.installSeconds * 1000;
      const registered: SkillMetadata[] = [];
      for (const skill of skills) registered.push(await this.#install(skill, { deadline, signal }));
      return registered;
    });
  }

  async delete(name: string): Promise<SkillMetadata> {
    const entry = await this.get(name);
    this.#entries.delete(name);
    await this.#removeFiles(entry);
    return toMetadata(entry);
  }

  async clear(): Promise<readonly string[]> {
    await this.load();
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) await this.#removeFiles(entry);
    return entries.map(({ name }) => name).sort();
  }

  /** Comes before any other use; it also removes what an earlier run left half done, which looks like what this one has at work. */
  load(): Promise<void> {
    return (this.#loaded ??= this.#loadFolders());
  }

  async #loadFolders(): Promise<void> {
    const { initialFolder, ownFolder, maxSkills, log } = this.#options;
    await removeLeftovers(ownFolder);
    for (const folder of initialFolder === undefined ? [ownFolder] : [initialFolder, ownFolder]) {
      for (const skill of await loadSkills(folder, log)) {
        if (this.#entries.size < maxSkills || this.#entries.has(skill.name))
          this.#entries.set(skill.name, { ...skill, dependencyCommands: [] });
      }
    }
  }

  /** Sorted names, so that two calls never wait for each other. */
  #inTurnOfAll<T>(names: readonly string[], run: () => Promise<T>): Promise<T> {
    const [first, ...rest] = names;
    return first === undefined ? run() : this.#inTurn(`name/${first}`, () => this.#inTurnOfAll(rest, run));
  }

  #mustHaveRoom(names: readonly string[]): void {
    const more = names.filter((name) => !this.#entries.has(name)).length;
    const { maxSkills } = this.#options;
    if (this.#entries.size + more <= maxSkills) return;
    const message = `There can be ${maxSkills} skills at once; delete some first.`;
    throw new FileError('no_space_left', { path: '', operation: 'register', message });
  }

  async #add(skill: Skill): Promise<void> {
    const old = this.#entries.get(skill.name);
    const same = old?.directory === skill.directory;
    this.#entries.set(skill.name, { ...skill, unpacked: skill.unpacked || (same && old.unpacked), dependencyCommands: [] });
    // Else the next start would find the files of the earlier one and take them for this one's.
    if (old !== undefined && !same && !skill.directory.startsWith(`${old.directory}/`)) await this.#removeFiles(old);
  }

  async #install(skill: Skill, options: { deadline: number; signal: AbortSignal }): Promise<SkillMetadata> {
    const dependencyCommands = await installDependencies(skill.directory, { env: this.#options.env, ...options });
    const entry = this.#entries.get(skill.name);
    // Somebody may have deleted it meanwhile.
    if (entry?.directory === skill.directory) this.#entries.set(skill.name, { ...entry, dependencyCommands });
    return toMetadata({ ...skill, dependencyCommands });
  }

  async #removeFiles({ directory, unpacked }: Entry): Promise<void> {
    if (!unpacked || !(await isMarked(directory))) return;
    await removeDirectory(directory).catch((error: unknown) =>
      this.#options.log.warn({ err: error, directory }, 'the files of a skill could not be removed'),
    );
  }
}

/** @throws FileError when there is none, when one is wrong, or when two have one name. */
export async function findAll(
  directory: string,
  names: { readonly given?: string; readonly fallback?: string },
): Promise<readonly FoundSkill[]> {
  const fail = (type: 'not_found' | 'invalid_path', message: string) =>
    new FileError(type, { path: directory, operation: 'register', message });
  const directories = await findSkillDirectories(directory);
  if (directories.length === 0) throw fail('not_found', `There is no ${SKILL_FILE} at ${directory} or up to 3 levels below it.`);
  if (names.given !== undefined && directories.length > 1)
    throw fail('invalid_path', `name is for one skill, and there are ${directories.length}: ${join(directory, '…')}`);
  const skills: FoundSkill[] = [];
  for (const at of directories) {
    const skill = await readSkill(at, {
      ...(at === directory ? names : {}),
      ...(names.given === undefined ? {} : { given: names.given }),
    });
    if (skills.some(({ name }) => name === skill.name))
      throw fail('invalid_path', `There are two skills with the name ${skill.name}.`);
    skills.push(skill);
  }
  return skills;
}

const toMetadata = ({ name, directory, metadata, dependencyCommands }: Omit<Entry, 'unpacked'>): SkillMetadata => ({
  name,
  path: directory,
  metadata: { ...metadata },
  dependency_commands: [...dependencyCommands],
});
