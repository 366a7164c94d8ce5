import { isAlreadyExists, isNotFound, secrets, type KubeClient } from '@sandfleet/kube';

import { generateApiKey, hashApiKey } from './api-key.ts';
import type { KeysCommand } from './arguments.ts';
import { KEY_SELECTOR, parseKeySecret, secretNameOf, toKeySecret, type ApiKeyRecord } from './key-secret.ts';

export interface CommandContext {
  readonly client: KubeClient;
  readonly releaseNamespace: string;
  readonly now: Date;
}

/** The command cannot do what was asked; the message is for the person who typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Carries out one command and gives what goes to standard output. */
export async function runCommand(command: Exclude<KeysCommand, { command: 'help' }>, context: CommandContext): Promise<string> {
  if (command.command === 'create') return createKey(command, context);
  if (command.command === 'list') return listKeys(command.output, context);
  return revokeKey(command.name, context);
}

async function createKey(
  { name, namespace, verbs, ttlSeconds }: Extract<KeysCommand, { command: 'create' }>,
  { client, releaseNamespace, now }: CommandContext,
): Promise<string> {
  const key = generateApiKey();
  const expiresAt = ttlSeconds === undefined ? undefined : new Date(now.getTime() + ttlSeconds * 1000);
  const record = { name, namespace, verbs, createdAt: now, expiresAt, hash: hashApiKey(key) };
  try {
    await client.create(secrets, toKeySecret(record, releaseNamespace), { fieldManager: 'sandfleet-keys' });
  } catch (error) {
    if (isAlreadyExists(error)) throw new CommandError(`there is a key ${name} already; revoke it first, or choose another name`);
    throw error;
  }
  return `${key}\n`;
}

async function listKeys(output: 'table' | 'json', { client, releaseNamespace, now }: CommandContext): Promise<string> {
  const { items } = await client.list(secrets, { namespace: releaseNamespace, labelSelector: KEY_SELECTOR });
  const rows = items.map((secret) => {
    const record = parseKeySecret(secret);
    return typeof record === 'string' ? { name: secret.metadata.name, problem: record } : describe(record, now);
  });
  rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (output === 'json') return `${JSON.stringify(rows, null, 2)}\n`;
  const header = ['NAME', 'NAMESPACE', 'VERBS', 'CREATED', 'EXPIRES', 'STATE'];
  const lines = rows.map((row) =>
    'problem' in row
      ? [row.name, '-', '-', '-', '-', `unusable: ${row.problem}`]
      : [row.name, row.namespace, row.verbs.join(','), row.createdAt, row.expiresAt ?? 'never', row.state],
  );
  return table([header, ...lines]);
}

function describe({ name, namespace, verbs, createdAt, expiresAt }: ApiKeyRecord, now: Date) {
  const state = expiresAt !== undefined && expiresAt <= now ? 'expired' : 'valid';
  return { name, namespace, verbs, createdAt: createdAt.toISOString(), expiresAt: expiresAt?.toISOString() ?? null, state };
}

async function revokeKey(name: string, { client, releaseNamespace }: CommandContext): Promise<string> {
  try {
    await client.delete(secrets, { namespace: releaseNamespace, name: secretNameOf(name) });
  } catch (error) {
    if (isNotFound(error)) throw new CommandError(`there is no key ${name} in the namespace ${releaseNamespace}`);
    throw error;
  }
  return `revoked ${name}\n`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
