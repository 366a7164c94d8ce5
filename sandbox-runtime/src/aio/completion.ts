import { fieldsOf } from './fields.ts';
import { GROUPS } from './groups.ts';

const GLOBAL = ['--api-url', '--token', '--json', '--plain', '--output', '--help'];

/** A script for bash that completes groups, commands, options and the values that are a choice. It needs no package. */
export function bashCompletion(): string {
  const words = new Map<string, Set<string>>([['', new Set([...GROUPS.map(({ name }) => name), 'completion'])]]);
  const choices: string[] = [];
  const add = (path: string, word: string) => words.set(path, (words.get(path) ?? new Set<string>()).add(word));
  for (const { name: group, commands } of GROUPS) {
    for (const command of commands) {
      const [first = '', second] = command.name.split(' ');
      add(group, first);
      if (second !== undefined) add(`${group} ${first}`, second);
      const path = `${group} ${command.name}`;
      for (const { option, schema, name } of fieldsOf(command)) {
        add(path, `--${option}`);
        if (schema.enum === undefined) continue;
        choices.push(`    '${path} --${option}') words='${schema.enum.join(' ')}' ;;`);
        if (command.places?.[0] === name) for (const choice of schema.enum) add(path, String(choice));
      }
    }
  }
  add('completion', 'bash');
  const cases = [...words].map(([path, list]) => `    '${path}') words='${[...list].join(' ')}' ;;`);
  return `# Completion of aio for bash. Made by: aio completion bash
_aio() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' word at
  for ((at = 1; at < COMP_CWORD && at <= 3; at++)); do
    word=\${COMP_WORDS[at]}
    [[ $word == -* ]] && break
    case "$path\${path:+ }$word" in
${[...knownPaths()].map((path) => `      '${path}') path='${path}' ;;`).join('\n')}
      *) [[ $path == *' '* ]] || path='?'; break ;;
    esac
  done
  case "$path $previous" in
${choices.join('\n')}
    *' -o' | *' --output') COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  [[ -n $words ]] || case "$path" in
${cases.join('\n')}
  esac
  [[ $current == -* ]] && words+=' ${GLOBAL.join(' ')}'
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _aio aio
`;
}

function knownPaths(): Set<string> {
  const paths = new Set<string>(['completion']);
  for (const { name: group, commands } of GROUPS) {
    paths.add(group);
    for (const { name } of commands) {
      const [first = '', second] = name.split(' ');
      paths.add(`${group} ${first}`);
      if (second !== undefined) paths.add(`${group} ${name}`);
    }
  }
  return paths;
}
