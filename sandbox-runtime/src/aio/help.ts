import { OPERATIONS, type Command, type Group } from './command.ts';
import { fieldsOf, kindWords, type Field } from './fields.ts';
import { GROUPS } from './groups.ts';

const WIDTH = 100;

const GLOBAL: readonly (readonly [string, string])[] = [
  ['--api-url URL', 'where the sandbox is (AIO_API_URL); in a sandbox its own, by $SANDFLEET_SOCKET'],
  ['--token TOKEN', 'credential (better: AIO_TOKEN, which no list of processes shows)'],
  ['--json, --plain', 'JSON, or text for people; by itself text on a terminal and JSON in a pipe'],
  ['-o, --output FILE', 'write the answer, such as a picture, to a file; - is standard output'],
  ['-h, --help', 'help of a group or a command'],
];

export function overview(): string {
  return [
    'usage: aio GROUP COMMAND [ARGUMENT…] [--option VALUE…]',
    '',
    'Drives a sandbox from a shell.',
    '',
    ...columns(GROUPS.map(({ name, summary }) => [name, summary])),
    ...columns([['completion bash', 'Print the completion of bash']]),
    '',
    'options:',
    ...columns(GLOBAL),
    '',
    'examples:',
    '  aio browser navigate https://example.com',
    '  aio browser screenshot -o page.png',
    '  aio sandbox info --json | jq .version',
    '  aio mcp tools browser',
    '',
    'exit status: 0 done, 1 the sandbox says no, 2 wrong usage, 3 not reachable, 4 not allowed',
  ].join('\n');
}

export function groupHelp({ name, summary, commands }: Group): string {
  const rows = commands.map((command) => [`${command.name}${placesOf(command)}`, summaryOf(command)] as const);
  return [
    `usage: aio ${name} COMMAND …`,
    '',
    `${summary}.`,
    '',
    ...columns(rows),
    '',
    `aio ${name} COMMAND --help tells the options and gives examples.`,
  ].join('\n');
}

export function commandHelp(group: Group, command: Command): string {
  const fields = fieldsOf(command);
  const description = command.fixed === undefined ? OPERATIONS[command.operation]?.description : undefined;
  const examples = command.examples ?? [''];
  return [
    `usage: aio ${group.name} ${command.name}${placesOf(command)}${fields.length > 0 ? ' [--option VALUE…]' : ''}`,
    '',
    `${summaryOf(command)}.`,
    ...(description === undefined ? [] : ['', ...wrapped(description, WIDTH)]),
    ...(fields.length === 0 ? [] : ['', 'options:', ...fields.flatMap(fieldLines)]),
    '',
    'examples:',
    ...examples.map((example) => `  aio ${group.name} ${command.name} ${example}`.trimEnd()),
    '',
    `Of all commands (see aio --help): ${GLOBAL.map(([name]) => name).join('; ')}`,
  ].join('\n');
}

export const summaryOf = ({ operation, summary }: Command): string => summary ?? OPERATIONS[operation]?.summary ?? '';

/** Places in brackets may be left out. */
function placesOf(command: Command): string {
  const fields = fieldsOf(command);
  const words = (command.places ?? []).map((place) => {
    if (place === '*') return '[NAME=VALUE…|JSON]';
    const found = place.split('|').flatMap((name) => fields.filter((field) => field.name === name));
    const word = found.map(({ option }) => option.toUpperCase()).join('|');
    const all = found[0]?.schema.type === 'array' ? `${word}…` : word;
    return found.every(({ isRequired }) => isRequired) && command.each === undefined ? all : `[${all}]`;
  });
  return words.map((word) => ` ${word}`).join('');
}

function fieldLines(field: Field): string[] {
  const { option, schema, isRequired } = field;
  const name = schema.type === 'boolean' ? `--[no-]${option}` : `--${option} ${kindWords(schema)}`;
  const standard = schema.default === undefined ? [] : [`default: ${JSON.stringify(schema.default)}`];
  const told = [isRequired ? 'required' : '', schema.description ?? '', ...standard].filter((text) => text !== '').join('; ');
  return [`  ${name}`, ...wrapped(told, WIDTH - 6).map((line) => `      ${line}`)];
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(40, Math.max(18, ...rows.map(([name]) => name.length)));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}

function wrapped(text: string, width: number): string[] {
  if (text === '') return [];
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
