import type { Environment } from '../../config.ts';

/** Marks what a command started, wherever it went: children inherit it. The value ends with the command's id. */
export const MARK = 'SANDBOX_COMMAND_ID';

export interface EnvironmentOptions {
  readonly env: Environment;
  /** For this command alone; null takes a variable out. */
  readonly extra: Readonly<Record<string, string | null>>;
  readonly mark: string;
}

export function launchEnvironment({ env, extra, mark }: EnvironmentOptions): Record<string, string> {
  const all = Object.entries({ ...env, ...extra, [MARK]: mark });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Linux takes no argument of 128 KiB or more; a UTF-16 unit is three bytes at most. */
const MAX_ARGUMENT_BYTES = 131_071;
const PIECE = 40_000;

/** Puts a command together that is too long for one argument. */
const ASSEMBLE = 'eval "set --; $(printf %s "$@")"';

/** A line of its own for the snapshot: aliases count from the line behind the one that made them. */
export function launchArguments(command: string, snapshot: string | undefined): readonly string[] {
  const text = snapshot === undefined ? command : `. ${quote(snapshot)} </dev/null\n${command}`;
  if (Buffer.byteLength(text) < MAX_ARGUMENT_BYTES) return ['-c', text];
  return ['-c', ASSEMBLE, '/bin/bash', ...piecesOf(text)];
}

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    const code = text.charCodeAt(from + PIECE);
    // Not between the halves of a surrogate pair.
    const to = from + (code >= 0xdc00 && code <= 0xdfff ? PIECE - 1 : PIECE);
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
