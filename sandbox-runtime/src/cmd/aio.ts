import { statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';

import manifest from '../../package.json' with { type: 'json' };

import { run } from '../aio/run.ts';
import { defaultSocketPath } from '../server/local-socket.ts';

// A reader that has seen enough, such as head, is no failure.
process.stdout.on('error', (error) => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  version: manifest.version,
  isTerminal: process.stdout.isTTY,
  isSocket: (path) => statSync(path, { throwIfNoEntry: false })?.isSocket() === true,
  defaultSocket: () => defaultSocketPath(process.env),
  print: (content) => void process.stdout.write(content),
  complain: (text) => void process.stderr.write(`${text}\n`),
  readInput: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  },
  readFile: (path) => readFile(path).catch(() => undefined),
  writeFile,
});
