import { UsageError } from './usage-error.ts';

/** What every command understands, wherever it stands in the line. */
export interface Settings {
  readonly apiUrl: string | undefined;
  readonly token: string | undefined;
  readonly output: string | undefined;
  readonly format: 'json' | 'plain' | undefined;
  readonly wantsHelp: boolean;
  readonly wantsVersion: boolean;
  /** All else, in its order. */
  readonly words: readonly string[];
}

const WITH_VALUE: Readonly<Record<string, 'apiUrl' | 'token' | 'output'>> = {
  '--api-url': 'apiUrl',
  '--token': 'token',
  '--output': 'output',
  '-o': 'output',
};

export function readSettings(args: readonly string[]): Settings {
  const values: Partial<Record<'apiUrl' | 'token' | 'output', string>> = {};
  const flags = new Set<string>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      words.push(...args.slice(at));
      break;
    }
    const [name = '', inline] = arg.startsWith('--') && arg.includes('=') ? splitAt(arg, '=') : [arg];
    const key = Object.hasOwn(WITH_VALUE, name) ? WITH_VALUE[name] : undefined;
    if (key !== undefined) {
      const value = inline ?? args[(at += 1)];
      if (value === undefined || value === '') throw new UsageError(`${name} needs a value`);
      values[key] = value;
      continue;
    }
    if (['--json', '--plain', '--help', '-h', '--version'].includes(arg)) flags.add(arg);
    else words.push(arg);
  }
  const format = flags.has('--json') ? 'json' : flags.has('--plain') ? 'plain' : undefined;
  return {
    apiUrl: values.apiUrl,
    token: values.token,
    output: values.output,
    format,
    wantsHelp: flags.has('--help') || flags.has('-h'),
    wantsVersion: flags.has('--version'),
    words,
  };
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
