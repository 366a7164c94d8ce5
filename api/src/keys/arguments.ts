import { parseArgs } from 'node:util';

import { parseDuration } from './duration.ts';
import { isKeyName } from './key-secret.ts';
import { ALL_VERBS, isGrantedVerb, VERBS, type GrantedVerb } from './verbs.ts';

export const USAGE = `usage: sandfleet-keys create --name NAME --namespace NAMESPACE [--verbs VERB,…] [--ttl DURATION]
       sandfleet-keys list [--output table|json]
       sandfleet-keys revoke NAME

API keys of the control plane. A key reaches the sandboxes of one namespace.

  create    makes a key and prints it, alone, on standard output; it is shown this once
  list      prints the keys there are, without their secrets
  revoke    removes a key; running servers refuse it within a second

  --name NAME               name of the key: a-z, 0-9 and '-', at most 63 characters
  --namespace NAMESPACE     namespace of the sandboxes
  --verbs VERB,…            what the key may do; everything (*) when left out:
                            ${VERBS.slice(0, 3).join(' ')}
                            ${VERBS.slice(3).join(' ')}
  --ttl DURATION            the key expires after 90s, 15m, 12h or 30d; never when left out
  --release-namespace NS    namespace that sandfleet is installed in (SANDFLEET_NAMESPACE, else sandfleet-system)

The cluster is that of KUBECONFIG, or of the pod this runs in.
Exit codes: 0 done, 1 failed, 2 wrong use.
`;

export type KeysCommand =
  | { readonly command: 'help' }
  | {
      readonly command: 'create';
      readonly releaseNamespace?: string | undefined;
      readonly name: string;
      readonly namespace: string;
      readonly verbs: readonly GrantedVerb[];
      readonly ttlSeconds?: number | undefined;
    }
  | { readonly command: 'list'; readonly releaseNamespace?: string | undefined; readonly output: 'table' | 'json' }
  | { readonly command: 'revoke'; readonly releaseNamespace?: string | undefined; readonly name: string };

/** Wrong use of the command; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const OPTIONS = {
  name: { type: 'string' },
  namespace: { type: 'string' },
  verbs: { type: 'string' },
  ttl: { type: 'string' },
  output: { type: 'string', short: 'o' },
  'release-namespace': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line. @throws UsageError */
export function parseCommand(argv: readonly string[]): KeysCommand {
  const { values, positionals } = parse(argv);
  const [command, ...names] = positionals;
  if (values.help === true || command === 'help') return { command: 'help' };
  const releaseNamespace = values['release-namespace'];
  if (command === 'create') {
    refuseMore(command, names, values, ['name', 'namespace', 'verbs', 'ttl']);
    const name = requireName(values.name, '--name');
    return { command, releaseNamespace, name, namespace: requireName(values.namespace, '--namespace'), ...grantOf(values) };
  }
  if (command === 'list') {
    refuseMore(command, names, values, ['output']);
    return { command, releaseNamespace, output: outputOf(values.output) };
  }
  if (command === 'revoke') {
    refuseMore(command, names.slice(1), values, []);
    return { command, releaseNamespace, name: requireName(names[0], 'NAME') };
  }
  throw new UsageError(command === undefined ? 'a command is missing: create, list or revoke' : `there is no command ${command}`);
}

type Values = Readonly<Partial<Record<keyof typeof OPTIONS, string | boolean>>>;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function refuseMore(command: string, names: readonly string[], values: Values, known: readonly string[]): void {
  if (names.length > 0) throw new UsageError(`${command} does not know what to do with ${names.join(' ')}`);
  const unknown = Object.keys(values).find((name) => !known.includes(name) && name !== 'release-namespace');
  if (unknown !== undefined) throw new UsageError(`${command} knows no --${unknown}`);
}

function requireName(value: string | undefined, what: string): string {
  if (value === undefined) throw new UsageError(`${what} is missing`);
  if (!isKeyName(value)) throw new UsageError(`${what} must be a-z, 0-9 and '-', at most 63 characters, not ${value}`);
  return value;
}

function grantOf({ verbs = ALL_VERBS, ttl }: { verbs?: string; ttl?: string }) {
  const granted = verbs.split(',').map((verb) => verb.trim());
  const unknown = granted.find((verb) => !isGrantedVerb(verb));
  if (unknown !== undefined) throw new UsageError(`there is no verb ${unknown || '""'}; there are * ${VERBS.join(' ')}`);
  const ttlSeconds = ttl === undefined ? undefined : parseDuration(ttl);
  if (ttl !== undefined && ttlSeconds === undefined) throw new UsageError(`--ttl must be like 90s, 15m, 12h or 30d, not ${ttl}`);
  return { verbs: granted.filter(isGrantedVerb), ttlSeconds };
}

function outputOf(value = 'table'): 'table' | 'json' {
  if (value === 'table' || value === 'json') return value;
  throw new UsageError(`--output must be table or json, not ${value}`);
}
