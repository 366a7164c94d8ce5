import { spawn } from 'node:child_process';

import { spawn as spawnInTerminal } from 'node-pty';

const END = '\u0001end\n';
const SAY_END = `printf '${END.replace('\n', '\\n')}'\n`;

/** A living bash. */
interface Shell {
  write(text: string): void;
  listener: (chunk: Buffer) => void;
}

/** A few living shells, each for one command at a time. */
export class LiveShells {
  readonly #idle: Shell[];
  readonly #waiting: ((shell: Shell) => void)[] = [];

  constructor(make: () => Shell) {
    this.#idle = Array.from({ length: 8 }, make);
  }

  /** What the command wrote, read to the line that ends it. */
  async run(command: string): Promise<string> {
    const shell = this.#idle.pop() ?? (await new Promise<Shell>((resolve) => this.#waiting.push(resolve)));
    const output = await new Promise<string>((resolve) => {
      const chunks: Buffer[] = [];
      shell.listener = (chunk) => {
        chunks.push(chunk);
        // A short last piece may hold a part of it only.
        const tail = Buffer.concat(chunks.slice(-END.length)).toString('latin1');
        if (tail.endsWith(END)) resolve(Buffer.concat(chunks).toString().slice(0, -END.length));
      };
      shell.write(`${command}\n${SAY_END}`);
    });
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(shell);
    else next(shell);
    return output;
  }
}

export function withPipes(): Shell {
  const bash = spawn('bash', ['--norc', '--noprofile']);
  const shell: Shell = { write: (text) => void bash.stdin.write(text), listener: () => {} };
  bash.stdout.on('data', (chunk: Buffer) => shell.listener(chunk));
  return shell;
}

/** It writes what it is given, as a session's shell does, without echo and prompt. */
export function inTerminal(): Shell {
  const env = { ...process.env, PS1: '', PS2: '' };
  const bash = spawnInTerminal('bash', ['--norc', '--noprofile', '--noediting'], { env, encoding: null });
  const shell: Shell = { write: (text) => bash.write(text), listener: () => {} };
  // node-pty types its output as text, also where no encoding was asked for.
  bash.onData((chunk) => shell.listener(chunk as unknown as Buffer));
  bash.write('stty -echo -onlcr\n');
  return shell;
}
