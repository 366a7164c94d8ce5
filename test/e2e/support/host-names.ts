import { run, type Ran } from './cluster.ts';

/**
 * Gives the program a mount namespace of its own, in which it sees another file as /etc/hosts. The file has no name any more
 * when the program starts, and mounts die with their namespace: nothing stays behind, however it ends.
 */
const SCRIPT = `set -euo pipefail
lines=$1; shift
hosts=$(mktemp)
{ cat /etc/hosts; echo; printf '%s' "$lines"; } >"$hosts"
chmod 644 "$hosts"
mount --bind "$hosts" /etc/hosts
rm "$hosts"
exec "$@"`;

/**
 * Runs a program from the checkout's root with the cluster's environment and `env`. For it alone, `names` are this machine: so a
 * client that isn't a browser comes to a sandbox by its subdomain, as by a real wildcard record. Needs root.
 */
export function withHostNames(
  names: readonly string[],
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const lines = names.map((name) => `127.0.0.1 ${name}\n`).join('');
  return run('unshare', ['--mount', '--', 'bash', '-c', SCRIPT, 'with-host-names', lines, ...command], '', env);
}
