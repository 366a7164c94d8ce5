/**
 * The least that a Node server does for a command: `/spawn` starts `bash -c` for each, `/bash` hands it to one of a few living
 * shells over pipes and reads to the line that ends it, `/terminal` to one that has a terminal, as a session's has; `/file` sends
 * and takes a file. No sessions, no limits, no checks.
 */
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

import { inTerminal, LiveShells, withPipes } from './live-shells.ts';

const file = process.argv[2] ?? '/dev/null';
const piped = new LiveShells(withPipes);
const inTerminals = new LiveShells(inTerminal);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  if (url === '/file' && request.method === 'GET') return pipeline(createReadStream(file), response);
  if (url === '/file') {
    await pipeline(request, createWriteStream(`${file}.new`));
    return void response.end();
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { command } = JSON.parse(Buffer.concat(chunks).toString()) as { command: string };
  const output = await outputOf(url, command);
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ output }));
}

function outputOf(url: string, command: string): Promise<string> {
  if (url === '/spawn') return spawned(command);
  return url === '/terminal' ? inTerminals.run(command) : piped.run(command);
}

function spawned(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', command]);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject).on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
