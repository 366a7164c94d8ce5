/**
 * What is written to a session's bash. The shell reads its own lines from a channel that no program of the user has, and reports
 * the end of each command on another; the terminal carries nothing but what programs write and read. So no prompt, no echo and
 * no marker ever has to be told from output, whatever a command does to the prompt.
 */

/** Descriptors of the shell; they are closed for the commands that it runs. */
export const STATUS_FD = 201;
export const TERMINAL_FD = 202;

/**
 * Reports `id`, the exit status of the command before it, whether commands are traced, and the working directory. It is called
 * twice for a command, since an interrupt drops the rest of the line: the second call finds the id reported. Tracing pauses
 * between commands and the prompts go, so that neither shows in the output of the next; they are unset rather than emptied,
 * since an assignment to a variable that the user made read-only would end the function.
 */
const END_FUNCTION = [
  '__sandfleet_end() {',
  'builtin local status="$?" traced=-;',
  'if [[ $- == *x* ]]; then traced=x; set +x; fi;',
  'if [[ $1 == "$__sandfleet_id" ]]; then return 0; fi;',
  '__sandfleet_id=$1; builtin unset -v PS0 PS1 PS2 PROMPT_COMMAND || :;',
  `builtin printf '%s %s %s %s\\0' "$1" "$status" "$traced" "$PWD" >&${STATUS_FD} || :;`,
  '} 2>/dev/null',
].join(' ');

/** Puts a status into `$?`. Only as the left side of `||` does it neither end a shell under `set -e` nor set off an ERR trap. */
const STATUS_FUNCTION = '__sandfleet_status() { return "$1"; }';

/** Lines for a new shell: quiet, and without job control, whose notices would mix with output. */
export const INIT_LINES = [
  'set +m +H +o history',
  'unset MAIL MAILPATH',
  'unset -v PS0 PS1 PS2 PROMPT_COMMAND',
  END_FUNCTION,
  STATUS_FUNCTION,
  'readonly -f __sandfleet_end __sandfleet_status',
  '__sandfleet_end 0',
  '',
].join('\n');

export interface LineOptions {
  readonly id: number;
  readonly command: string;
  /** Directory to change to first. */
  readonly directory?: string | undefined;
  readonly physical?: boolean | undefined;
  /** Commands were traced when the last one ended. */
  readonly traced: boolean;
  /** What the command finds in `$?`. */
  readonly status: number;
}

/** The lines that run one command in the shell itself, so that what it sets and changes stays. */
export function commandLines({ id, command, directory, physical, traced, status }: LineOptions): string {
  const change = directory === undefined ? '' : `builtin cd ${physical ? '-P' : '-L'} -- ${quote(directory)} >/dev/null; `;
  const text = traced ? `set -x; ${command}` : command;
  const before = status === 0 ? '' : `__sandfleet_status ${status} || `;
  const run = `${before}builtin eval ${quote(text)} <&${TERMINAL_FD} ${STATUS_FD}>&- ${TERMINAL_FD}>&-`;
  return `${change}${run}; { __sandfleet_end ${id}; } 2>/dev/null\n__sandfleet_end ${id} 2>/dev/null\n`;
}

const NOT_PLAIN = new Set(['\\', "'", '!', '\u007f']);

/** One word of bash that stands for `text`, on one line; a `!` would be history expansion where a user turned that on. */
export function quote(text: string): string {
  const escaped = Array.from(text, (character) =>
    character < ' ' || NOT_PLAIN.has(character) ? `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}` : character,
  ).join('');
  return `$'${escaped}'`;
}

export interface Ended {
  readonly id: number;
  readonly exitCode: number;
  readonly traced: boolean;
  readonly directory: string;
}

const REPORT = /^(\d+) (\d+) ([x-]) (.*)$/s;

/** Reads one report; undefined for what `__sandfleet_end` did not write. */
export function parseReport(text: string): Ended | undefined {
  const [, id, exitCode, traced, directory] = REPORT.exec(text) ?? [];
  if (id === undefined || directory === undefined) return undefined;
  return { id: Number(id), exitCode: Number(exitCode), traced: traced === 'x', directory };
}
