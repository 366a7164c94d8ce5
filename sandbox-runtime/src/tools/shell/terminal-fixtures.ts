import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { WebSocket } from 'ws';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { eventually } from './fixtures.ts';

/** The prompt of this machine may be any, and marks around pasted text would stand in what tests look for. */
const BASHRC = "PS1='prompt> '; alias greet='echo from-bashrc'; bind 'set enable-bracketed-paste off'\n";

export interface Message {
  readonly type: string;
  readonly data: string;
  readonly timestamp?: number;
}

export interface Client {
  readonly socket: WebSocket;
  readonly messages: readonly Message[];
  /** Code and reason once it is closed. */
  readonly closed: Promise<readonly [number, string]>;
  id(): string;
  /** All that the terminal has shown. */
  screen(): string;
  send(message: unknown): void;
  /** Types a line and the key behind it. */
  enter(line: string): void;
  sees(what: string | RegExp): Promise<void>;
}

export interface TestTerminals extends TestRuntime {
  readonly port: number;
  /** Connects, and waits until the server has said something. */
  connect(sessionId?: string): Promise<Client>;
}

/** The whole runtime on a socket, with a prompt that is easy to tell. */
export async function testTerminals(env: Readonly<Record<string, string>> = {}): Promise<TestTerminals> {
  const runtime = await testRuntime(env);
  await writeFile(join(runtime.home, '.bashrc'), BASHRC);
  await runtime.app.listen({ host: '127.0.0.1', port: 0 });
  // It listens on TCP.
  const { port } = runtime.app.server.address() as AddressInfo;
  return {
    ...runtime,
    port,
    connect: async (sessionId) => {
      const query = sessionId === undefined ? '' : `?session_id=${encodeURIComponent(sessionId)}`;
      const client = clientOf(new WebSocket(`ws://127.0.0.1:${port}/v1/shell/ws${query}`));
      await eventually('a message', () => client.messages.length > 0);
      return client;
    },
  };
}

function clientOf(socket: WebSocket): Client {
  const messages: Message[] = [];
  // The server sends JSON alone; a test that meets anything else fails here.
  socket.on('message', (data) => void messages.push(JSON.parse(data.toString()) as Message));
  socket.on('error', () => undefined);
  const closed = new Promise<readonly [number, string]>((resolve) =>
    socket.on('close', (code, reason) => resolve([code, reason.toString()])),
  );
  const screen = () => messages.flatMap(({ type, data }) => (type === 'output' ? [data] : [])).join('');
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  return {
    socket,
    messages,
    closed,
    screen,
    send,
    id: () => messages.find(({ type }) => type === 'session_id')?.data ?? '',
    enter: (line) => send({ type: 'input', data: `${line}\r` }),
    sees: (what) => eventually(`${what}`, () => (typeof what === 'string' ? screen().includes(what) : what.test(screen()))),
  };
}
