import { MAX_SKILL_NAME } from '@sandfleet/contract/runtime';

/** A name is a part of a path, of a URL and of a comma-separated list, and is shown in terminals. */
export function isSkillName(name: string): boolean {
  return name.length <= MAX_SKILL_NAME && /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.+ -]*$/u.test(name) && !/[. ]$/.test(name);
}
