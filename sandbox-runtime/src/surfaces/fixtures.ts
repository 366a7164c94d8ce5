import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';

import { testRuntime, type TestRuntime } from '../fixtures.ts';

export interface ListeningRuntime extends TestRuntime {
  readonly port: number;
}

/** The whole runtime, reached by TCP. */
export async function listeningRuntime(env: Readonly<Record<string, string>> = {}): Promise<ListeningRuntime> {
  const runtime = await testRuntime({ HOST: '127.0.0.1', ...env });
  await runtime.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...runtime, port: portOf(runtime.app.server) };
}

// Everything here listens on TCP.
export const portOf = (server: TcpServer): number => (server.address() as AddressInfo).port;

export interface Program extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
}

/** A program in the sandbox that speaks HTTP. */
export async function program(answer: RequestListener, host = '127.0.0.1'): Promise<Program> {
  const server = createServer(answer);
  const sockets = new Set<Socket>();
  // Those that were switched to another protocol are no connections of the server's any more.
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  await listen(server, host);
  const hurry = () => sockets.forEach((socket) => socket.destroy());
  return { server, port: portOf(server), [Symbol.asyncDispose]: () => closed(server, hurry) };
}

export const listen = (server: TcpServer, host = '127.0.0.1', port = 0): Promise<void> =>
  new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve));

export function closed(server: TcpServer, hurry: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    hurry();
  });
}

/** Sends bytes as they stand and gives all that comes back until the other end finishes. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
    socket.on('error', reject).on('close', () => resolve(received));
  });
}

export const HANDSHAKE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEA==',
} as const;

export interface Opened {
  readonly socket: Socket;
  readonly status: number;
  readonly head: string;
  /** What came behind the head. */
  readonly first: Buffer;
}

/** Asks for a WebSocket and gives the bare connection. */
export function openSocket(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Opened> {
  const lines = Object.entries({ Host: `127.0.0.1:${port}`, ...HANDSHAKE, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () =>
      socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`),
    );
    let received = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', read);
      socket.pause();
      const head = received.toString('latin1', 0, end);
      resolve({ socket, head, status: Number(head.slice(9, 12)), first: received.subarray(end + 4) });
    };
    socket.on('data', read).on('error', reject);
  });
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}
