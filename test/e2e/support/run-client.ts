import type { Ran } from './cluster.ts';
import { withHostNames } from './host-names.ts';

interface ClientPlace {
  readonly url: string;
  readonly token: string | undefined;
  readonly hostNames: readonly string[];
}

/** Runs a client of a sandbox as a program of its own, which finds the sandbox as the commands of `examples/with-sandbox` do. */
export function runClient(
  { url, token = '', hostNames }: ClientPlace,
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  return withHostNames(hostNames, command, { SANDBOX_BASE_URL: url, SANDBOX_TOKEN: token, ...env });
}
