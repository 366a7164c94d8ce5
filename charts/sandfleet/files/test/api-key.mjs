import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

import { settings } from './settings.mjs';

const run = promisify(execFile);
const keys = async (...args) => (await run(process.execPath, ['/app/keys.mjs', ...args])).stdout.trim();

/** An API key for the test's namespace that ends by itself, should the test not live to revoke it. */
export async function mintApiKey() {
  const name = `helm-test-${randomBytes(4).toString('hex')}`;
  const key = await keys('create', '--name', name, '--namespace', settings.namespace, '--ttl', '1h');
  return { key, revoke: () => keys('revoke', name) };
}
