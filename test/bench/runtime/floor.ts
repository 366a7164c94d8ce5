/**
 * The least that a Node server does for a command: `/spawn` starts `bash -c` for each, `/bash` hands it to one of a few living
 * shells over pipes and reads to the line that ends it; `/file` sends and takes a file. No sessions, no limits, no checks.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

const file = process.argv[2] ?? '/dev/null';
const END = '\u0001end\n';
const idle: ChildProcessWithoutNullStreams[] = Array.from({ length: 8 }, () => spawn('bash', ['--norc', '--noprofile']));
const waiting: ((shell: ChildProcessWithoutNullStreams) => void)[] = [];

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
  const output = await (url === '/spawn' ? spawned(command) : living(command));
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ output }));
}

function spawned(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', command]);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject).on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

async function living(command: string): Promise<string> {
  const shell = idle.pop() ?? (await new Promise<ChildProcessWithoutNullStreams>((resolve) => waiting.push(resolve)));
  const output = await new Promise<string>((resolve) => {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      if (!chunk.toString('latin1').endsWith(END)) return;
      shell.stdout.off('data', onData);
      resolve(Buffer.concat(chunks).toString().slice(0, -END.length));
    };
    shell.stdout.on('data', onData);
    shell.stdin.write(`${command}\nprintf '${END.replace('\n', '\\n')}'\n`);
  });
  const next = waiting.shift();
  if (next === undefined) idle.push(shell);
  else next(shell);
  return output;
}

const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
