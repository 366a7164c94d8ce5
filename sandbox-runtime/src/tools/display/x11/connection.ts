import { createConnection, type Socket } from 'node:net';

import { MessageCutter } from './messages.ts';
import { request, u16, u32 } from './request.ts';
import { parseSetup, setupLength, setupRequest, type Cookie, type Setup } from './setup.ts';
import { SocketClosed, XError } from './x-error.ts';

const OP = { getInputFocus: 43, queryExtension: 98 } as const;
const CONNECT_MS = 10_000;

interface Pending {
  readonly sequence: number;
  readonly resolve: (reply: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A client of the X server on this machine. A spawned program for each action would cost more than the action, and one that
 * stays would cost memory: the protocol is simple enough to speak.
 */
export class XConnection {
  readonly setup: Setup;
  /** Aborted when the connection is gone. */
  readonly closed: AbortSignal;
  readonly #socket: Socket;
  readonly #closing = new AbortController();
  readonly #pending: Pending[] = [];
  readonly #listeners = new Set<(event: Buffer) => void>();
  #sequence = 0;
  #nextId = 1;
  #hasBigRequests = false;

  private constructor(socket: Socket, setup: Setup, rest: Buffer) {
    this.#socket = socket;
    this.setup = setup;
    this.closed = this.#closing.signal;
    const cutter = new MessageCutter((message) => this.#onMessage(message));
    const push = (chunk: Buffer) => {
      try {
        cutter.push(chunk);
      } catch {
        socket.destroy();
      }
    };
    socket.on('data', push).on('close', () => this.#onClose());
    if (rest.length > 0) push(rest);
  }

  /** @throws Error when there is no server, or when it refuses. */
  static async open(path: string, cookie?: Cookie): Promise<XConnection> {
    const socket = createConnection({ path });
    // What breaks the connection shows as its close.
    socket.on('error', () => undefined);
    try {
      const { setup, rest } = await greet(socket, cookie);
      const connection = new XConnection(socket, setup, rest);
      await connection.#allowBigRequests();
      return connection;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** An id for something that this client creates. */
  newId(): number {
    this.#nextId += 1;
    return this.setup.idBase + this.#nextId;
  }

  /** Sends a request that has no reply. An error of it is dropped: `sync` tells when the server has done it. */
  send(bytes: Buffer): void {
    if (this.closed.aborted) return;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#socket.write(bytes);
  }

  /** @throws XError, SocketClosed */
  ask(bytes: Buffer): Promise<Buffer> {
    if (this.closed.aborted) return Promise.reject(new SocketClosed('the X server is gone'));
    this.send(bytes);
    const sequence = this.#sequence;
    return new Promise((resolve, reject) => this.#pending.push({ sequence, resolve, reject }));
  }

  /** Resolves once the server has done all that was sent. */
  async sync(): Promise<void> {
    await this.ask(request(OP.getInputFocus, 0));
  }

  /** The opcode of an extension. @throws Error when the server does not have it. */
  async extension(name: string): Promise<number> {
    const reply = await this.ask(request(OP.queryExtension, 0, [u16(name.length), u16(0), Buffer.from(name, 'latin1')]));
    if (reply[8] !== 1) throw new Error(`the X server has no ${name}`);
    return reply.readUInt8(9);
  }

  /** Largest number of bytes in one request. */
  get maxRequestBytes(): number {
    return this.#hasBigRequests ? 4 * 1024 * 1024 : 256 * 1024 - 64;
  }

  onEvent(listener: (event: Buffer) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #allowBigRequests(): Promise<void> {
    const opcode = await this.extension('BIG-REQUESTS').catch(() => undefined);
    if (opcode === undefined) return;
    const reply = await this.ask(request(opcode, 0));
    this.#hasBigRequests = reply.readUInt32LE(8) >= 1024 * 1024;
  }

  #onMessage(message: Buffer): void {
    const type = message.readUInt8(0) & 0x7f;
    if (type > 1) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    // Replies come in the order of their requests; an error may also be one's that nobody waits for.
    const [first] = this.#pending;
    if (first?.sequence !== message.readUInt16LE(2)) return;
    this.#pending.shift();
    if (type === 1) first.resolve(message);
    else first.reject(new XError(message));
  }

  #onClose(): void {
    const error = new SocketClosed('the X server is gone');
    this.#closing.abort(error);
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }
}

/** Introduces the client, and gives what the server sent behind its answer. */
async function greet(socket: Socket, cookie: Cookie | undefined): Promise<{ setup: Setup; rest: Buffer }> {
  socket.setTimeout(CONNECT_MS, () => socket.destroy());
  socket.write(setupRequest(cookie));
  let held: Buffer = Buffer.alloc(0);
  while (held.length < 8 || held.length < setupLength(held)) {
    // Null is an end, also when the server is not there at all.
    const chunk: unknown = socket.read() ?? (await readable(socket));
    if (Buffer.isBuffer(chunk)) held = Buffer.concat([held, chunk]);
  }
  socket.setTimeout(0);
  const length = setupLength(held);
  return { setup: parseSetup(held.subarray(0, length)), rest: held.subarray(length) };
}

/** @throws SocketClosed */
function readable(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      socket.off('readable', onReadable).off('close', onClose);
    };
    const onReadable = () => {
      done();
      resolve();
    };
    const onClose = () => {
      done();
      reject(new SocketClosed('the X server does not answer'));
    };
    socket.on('readable', onReadable).on('close', onClose);
    if (socket.closed) onClose();
  });
}

/** For requests that name one window or drawable alone. */
export const windowRequest = (opcode: number, window: number, detail = 0): Buffer => request(opcode, detail, [u32(window)]);
