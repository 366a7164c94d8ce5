import type { Command, Group } from './command.ts';
import { BROWSER } from './commands/browser.ts';
import { GUI } from './commands/gui.ts';
import { MCP, SANDBOX, SKILLS } from './commands/rest.ts';

export const GROUPS: readonly Group[] = [BROWSER, GUI, SANDBOX, SKILLS, MCP];

export type Found =
  | { readonly kind: 'command'; readonly group: Group; readonly command: Command; readonly rest: readonly string[] }
  | { readonly kind: 'group'; readonly group: Group; readonly unknown: string | undefined }
  | { readonly kind: 'nothing'; readonly unknown: string | undefined };

/** The command that the words name: the longest name that fits, or the `list` of what they begin. */
export function findCommand(words: readonly string[]): Found {
  const [first, ...others] = words;
  const group = GROUPS.find(({ name }) => name === first);
  if (group === undefined) return { kind: 'nothing', unknown: first };
  const fits = (name: string) => name.split(' ').every((word, at) => others[at] === word);
  const named = group.commands.filter(({ name }) => fits(name)).sort((a, b) => b.name.length - a.name.length)[0];
  if (named !== undefined) return { kind: 'command', group, command: named, rest: others.slice(named.name.split(' ').length) };
  const list = group.commands.find(({ name }) => name === `${others[0]} list`);
  const isAlone = others[1] === undefined || others[1].startsWith('-');
  if (list !== undefined && isAlone) return { kind: 'command', group, command: list, rest: others.slice(1) };
  return { kind: 'group', group, unknown: others.length === 0 ? undefined : others.slice(0, 2).join(' ') };
}
