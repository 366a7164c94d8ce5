import { connect } from '@sandfleet/kube';
import { EXIT } from '@sandfleet/server-kit';

import { parseCommand, USAGE, UsageError } from '../keys/arguments.ts';
import { runCommand } from '../keys/run-command.ts';

const DEFAULT_NAMESPACE = 'sandfleet-system';

/** Standard output holds the answer alone, so that a key can go straight into a variable. */
async function main(argv: readonly string[]): Promise<string> {
  const command = parseCommand(argv);
  if (command.command === 'help') return USAGE;
  const releaseNamespace = command.releaseNamespace ?? (process.env['SANDFLEET_NAMESPACE'] || DEFAULT_NAMESPACE);
  const client = connect({ userAgent: 'sandfleet-keys' });
  try {
    return await runCommand(command, { client, releaseNamespace, now: new Date() });
  } finally {
    await client.close();
  }
}

try {
  process.stdout.write(await main(process.argv.slice(2)));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sandfleet-keys: ${message}\n${isUsage ? 'Try sandfleet-keys --help.\n' : ''}`);
  process.exitCode = isUsage ? EXIT.usage : EXIT.failed;
}
