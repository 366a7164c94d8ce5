import type { WebSocket } from 'ws';

import type { Terminal, Viewer } from './terminal.ts';
import { parseMessage, type ClientMessage, type ServerMessage } from './terminal-message.ts';

/** Bytes that may wait for a slow client before its terminal is held, and to which they must shrink before it goes on. */
const HIGH_BYTES = 1024 * 1024;
const LOW_BYTES = 256 * 1024;
/** Answers to pings and to what is no message are left out for a client that does not read them. */
const CHATTER_BYTES = 64 * 1024;
/** Frames that are no message; then the socket is closed. */
const MAX_BAD_FRAMES = 20;
/** Checks of life in a row without a sign of it. */
const MAX_SILENT_CHECKS = 2;

/** Close codes of RFC 6455. */
export const CLOSE = { normal: 1000, goingAway: 1001, policy: 1008, tryAgainLater: 1013 } as const;

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly terminal: Terminal;
  /** The connection is over and nothing of it is left. */
  onClose(): void;
}

/** One client at a terminal. Nothing that it does or leaves undone makes memory grow, and no output is dropped for it. */
export class TerminalConnection implements Viewer {
  readonly #socket: WebSocket;
  readonly #terminal: Terminal;
  #badFrames = 0;
  #silentChecks = 0;
  #isHeld = false;

  constructor({ socket, terminal, onClose }: ConnectionOptions) {
    this.#socket = socket;
    this.#terminal = terminal;
    socket.on('message', (data, isBinary) => this.#onFrame(data, isBinary));
    socket.on('ping', (data) => this.#onPing(data));
    socket.on('pong', () => void (this.#silentChecks = 0));
    socket.on('close', () => {
      terminal.detach(this);
      terminal.release(this);
      onClose();
    });
    const shown = terminal.attach(this);
    if (shown === undefined) {
      refuse(socket, CLOSE.tryAgainLater, 'Too many connections to this session.');
      return;
    }
    this.#send({ type: 'session_id', data: terminal.id });
    this.#send({ type: 'ready', data: 'Terminal ready' });
    if (shown !== '') this.output(shown);
  }

  output(text: string): void {
    this.#socket.send(JSON.stringify({ type: 'output', data: text } satisfies ServerMessage), () => this.#onSent());
    if (this.#isHeld || this.#socket.bufferedAmount <= HIGH_BYTES) return;
    this.#isHeld = true;
    this.#terminal.hold(this);
  }

  ended(): void {
    this.#socket.close(CLOSE.normal, 'The shell has ended.');
  }

  /** Asks for a sign of life; who gave none since the last two times is dropped. */
  check(now: number): void {
    if (this.#silentChecks >= MAX_SILENT_CHECKS) return this.#socket.terminate();
    this.#silentChecks += 1;
    // Both forms: clients of the published protocol answer the message, all others the ping of WebSocket itself.
    this.#send({ type: 'ping', timestamp: now });
    this.#socket.ping();
  }

  close(): void {
    this.#socket.close(CLOSE.goingAway, 'The sandbox stops.');
    this.#socket.terminate();
  }

  #onFrame(data: Buffer, isBinary: boolean): void {
    this.#silentChecks = 0;
    const message = parseMessage(data, isBinary);
    if (message !== undefined) return this.#onMessage(message);
    this.#badFrames += 1;
    if (this.#badFrames > MAX_BAD_FRAMES) return this.#socket.close(CLOSE.policy, 'Too many frames that are no message.');
    this.#chat({ type: 'error', data: 'Not a message of this protocol: input, resize (1 to 1000 cols and rows), ping or pong.' });
  }

  #onMessage(message: ClientMessage): void {
    if (message.type === 'resize') return this.#terminal.resize(message.data);
    if (message.type === 'ping') return this.#chat({ type: 'pong', timestamp: Date.now(), data: message.timestamp });
    if (message.type === 'input') this.#type(message.data);
  }

  /** A program that does not read makes the one who types wait. */
  #type(text: string): void {
    this.#terminal.type(text);
    this.#socket.pause();
    void this.#terminal.typed().then(() => this.#socket.resume());
  }

  #onPing(data: Buffer): void {
    this.#silentChecks = 0;
    if (this.#socket.bufferedAmount <= CHATTER_BYTES) this.#socket.pong(data);
  }

  #onSent(): void {
    if (!this.#isHeld || this.#socket.bufferedAmount > LOW_BYTES) return;
    this.#isHeld = false;
    this.#terminal.release(this);
  }

  #send(message: ServerMessage): void {
    this.#socket.send(JSON.stringify(message), () => undefined);
  }

  #chat(message: ServerMessage): void {
    if (this.#socket.bufferedAmount <= CHATTER_BYTES) this.#send(message);
  }
}

/** Says why in a message, which pages show, before the close, which they don't. */
export function refuse(socket: WebSocket, code: number, why: string): void {
  socket.send(JSON.stringify({ type: 'error', data: why } satisfies ServerMessage), () => undefined);
  socket.close(code, why);
}
