// Calls what starts processes while no descriptor is left, and tells the answers. Run with a low limit (`ulimit -n`).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { testRuntime } from '../../../fixtures.ts';
import { holdDescriptors } from '../../../process/testing/hold-descriptors.ts';

await using runtime = await testRuntime();
const path = join(runtime.home, 'a.pdf');
await writeFile(path, 'word');

const calls = {
  shell: () => runtime.post('/v1/shell/exec', { command: 'true' }),
  terminal: () => runtime.call('GET', '/v1/shell/terminal-url'),
  bash: () => runtime.post('/v1/bash/exec', { command: 'true' }),
  search: () => runtime.post('/v1/file/search', { file: path, regex: 'word' }),
  grep: () => runtime.post('/v1/file/grep', { path: runtime.home, pattern: 'word' }),
  view: () => runtime.post('/v1/file/str_replace_editor', { command: 'view', path }),
};

async function answers(): Promise<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const [name, call] of Object.entries(calls)) {
    all[name] = (await call()).status;
    // Node tells of a child that it could not start a moment later, which ends a process that does not listen.
    await new Promise(setImmediate);
  }
  return all;
}

// What is loaded with the first call has to be there before.
const before = await answers();
await runtime.call('DELETE', '/v1/shell/sessions');
const letGo = holdDescriptors();
const without = await answers();
letGo();
const after = await answers();
process.stdout.write(JSON.stringify({ before, without, after }));
