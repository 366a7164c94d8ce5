import { backOffMs, endingOf } from './back-off.ts';
import { piecesOf } from './keys.ts';
import { readMessage, type ServerMessage } from './messages.ts';

/** The server says something every half minute; a socket that is silent for this long is dead, whatever it says of itself. */
const SILENCE_MS = 100_000;
/** A message of the server's limit, escaped at worst. */
const PIECE_LENGTH = 64 * 1024;

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export type State =
  | { readonly kind: 'connecting' }
  /** `isNew`: the session began with this connection. */
  | { readonly kind: 'open'; readonly isNew: boolean }
  | { readonly kind: 'waiting'; readonly seconds: number; readonly why: string }
  /** The session that was asked for is gone, and another is being opened. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'refused'; readonly why: string };

export interface ConnectionOptions {
  readonly sessionId: string | undefined;
  urlOf(sessionId: string | undefined, isFirst: boolean): string;
  size(): Size;
  onState(state: State): void;
  onSession(id: string): void;
  onOutput(text: string): void;
}

/** The socket of one terminal: made, kept alive, and made again to the same session. */
export class Connection {
  readonly #options: ConnectionOptions;
  #sessionId: string | undefined;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #sockets = 0;
  #lastError = '';

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#sessionId = options.sessionId;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  connect(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drop();
    this.#lastError = '';
    this.#options.onState({ kind: 'connecting' });
    const asked = this.#sessionId;
    const socket = new WebSocket(this.#options.urlOf(asked, this.#sockets === 0));
    this.#sockets += 1;
    this.#socket = socket;
    this.#watchForSilence();
    socket.addEventListener('message', ({ data }) => this.#onFrame(data, asked));
    socket.addEventListener('close', ({ code, reason }) => this.#onClose(socket, { code, reason }));
  }

  /** At once, where it would have waited: the network is back, or somebody looks. */
  hurry(): void {
    if (this.#timer !== undefined) this.connect();
  }

  startAnew(): void {
    this.#sessionId = undefined;
    this.connect();
  }

  /** False when there is nobody to type to. */
  type(text: string): boolean {
    if (!this.isOpen) return false;
    for (const data of piecesOf(text, PIECE_LENGTH)) this.#send({ type: 'input', data });
    return true;
  }

  resize(size: Size): void {
    this.#send({ type: 'resize', data: size });
  }

  #onFrame(frame: unknown, asked: string | undefined): void {
    this.#watchForSilence();
    const message = readMessage(frame);
    if (message !== undefined) this.#onMessage(message, asked);
  }

  #onMessage(message: ServerMessage, asked: string | undefined): void {
    if (message.type === 'ping') return this.#send({ type: 'pong', data: { timestamp: message.timestamp } });
    if (message.type === 'output') return this.#options.onOutput(message.data);
    if (message.type === 'error') return void (this.#lastError = message.data);
    if (message.type === 'session_id') {
      this.#sessionId = message.data;
      return this.#options.onSession(message.data);
    }
    this.#attempts = 0;
    this.#options.onState({ kind: 'open', isNew: asked === undefined });
    return this.resize(this.#options.size());
  }

  #onClose(socket: WebSocket, { code, reason }: { readonly code: number; readonly reason: string }): void {
    if (socket !== this.#socket) return;
    this.#drop();
    const why = reason || this.#lastError;
    const ending = endingOf({ code, reason: why });
    if (ending === 'ended') return this.#options.onState({ kind: 'ended' });
    if (ending === 'refused') return this.#options.onState({ kind: 'refused', why: why || 'The server refused the connection.' });
    if (ending === 'unknown-session' && this.#sessionId !== undefined) {
      this.#sessionId = undefined;
      this.#options.onState({ kind: 'replaced' });
      return this.connect();
    }
    return this.#wait(why);
  }

  #wait(why: string): void {
    const ms = backOffMs(this.#attempts, Math.random());
    this.#attempts += 1;
    this.#options.onState({ kind: 'waiting', seconds: Math.ceil(ms / 1000), why });
    this.#timer = setTimeout(() => this.connect(), ms);
  }

  #watchForSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#drop();
      this.#wait('Nothing came from the server for a while.');
    }, SILENCE_MS);
  }

  #drop(): void {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #send(message: object): void {
    if (this.isOpen) this.#socket?.send(JSON.stringify(message));
  }
}
