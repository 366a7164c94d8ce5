/** `check-key.ts API_URL KEY_FILE [--just-made]`: exit 0 when the control plane accepts the key, 1 when it does not. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { call, problem } from './rest.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'just-made': { type: 'boolean', default: false } },
});
const [apiUrl = '', keyFile = ''] = positionals;
const credential = (await readFile(keyFile, 'utf8')).trim();

// The control plane learns of a new key by its watch, a moment after it was written.
const deadline = Date.now() + (values['just-made'] ? 30_000 : 0);
let answer = await check();
while (answer.status === 401 && Date.now() < deadline) {
  await sleep(250);
  answer = await check();
}
if (answer.status !== 200) {
  console.error(`the control plane at ${apiUrl} does not take the API key (${problem(answer)})`);
  process.exitCode = 1;
}

function check() {
  return call({ method: 'GET', url: `${apiUrl}/v1/sandboxes?limit=1`, credential });
}
