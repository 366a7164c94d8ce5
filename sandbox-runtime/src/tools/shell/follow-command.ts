import type { FastifyReply } from 'fastify';

import type { Command } from './command.ts';
import { EventStream } from './event-stream.ts';
import type { ShellSession } from './session.ts';

export interface FollowOptions<T> {
  /** The session that is held while the client reads slowly. */
  readonly session?: ShellSession;
  /** The command to follow from what it has written so far; without one there is only the result, */
  readonly command?: Command | undefined;
  /** and this before it. */
  readonly output?: string;
  readonly reply: FastifyReply;
  /** Waits as the plain answer does and gives what that would be. */
  result(): Promise<T>;
}

/**
 * Answers with `output` events while a command writes, and with the plain answer as the `result` event in the end. A client that
 * reads slowly makes the command wait, as a pipe would: nothing is lost and nothing piles up.
 */
export async function followCommand<T>({ session, command, output, reply, result }: FollowOptions<T>): Promise<T> {
  const owner = {};
  let follows = true;
  const stream = new EventStream(reply, {
    onPressure: (isHigh) => (isHigh && follows ? session?.hold(owner) : session?.release(owner)),
  });
  const newlines = new PlainNewlines();
  const send = (text: string) => {
    if (text !== '') stream.send('output', { data: text });
  };
  send(newlines.next(command?.output.toString() ?? output ?? ''));
  const unwatch = command?.watch((text) => send(newlines.next(text)));
  try {
    const answer = await result();
    // Who is slow to take the result holds up nobody.
    follows = false;
    send(newlines.end());
    stream.send('result', answer);
    return answer;
  } finally {
    follows = false;
    unwatch?.();
    session?.release(owner);
    stream.end();
  }
}

/** Takes a terminal's carriage returns from before newlines, also where the two come apart. */
export class PlainNewlines {
  #carry = '';

  next(text: string): string {
    const all = this.#carry + text;
    this.#carry = all.endsWith('\r') ? '\r' : '';
    return (this.#carry === '' ? all : all.slice(0, -1)).replaceAll('\r\n', '\n');
  }

  end(): string {
    const rest = this.#carry;
    this.#carry = '';
    return rest;
  }
}
