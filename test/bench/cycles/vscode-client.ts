import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { WebSocket } from 'ws';

/** One message: what kind, its number, the last number that was seen, its length; then the body. */
const HEAD_BYTES = 13;
const REGULAR = 1;
const CONTROL = 2;
const EXTENSION_HOST = 2;

export interface ExtensionHostOptions {
  readonly commit: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Does what the page of VS Code does when it is opened: has a host for extensions started. Hangs up without a word, as a closed tab. */
export async function openExtensionHost(url: string, { commit, headers }: ExtensionHostOptions): Promise<void> {
  const query = `reconnectionToken=${randomUUID()}&reconnection=false&skipWebSocketFrames=false`;
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}?${query}`, { headers: { ...headers } });
  const peer = new Peer(socket);
  await once(socket, 'open');
  peer.control({ type: 'auth', auth: '0'.repeat(20), data: 'bench' });
  const { signedData } = JSON.parse((await peer.next(CONTROL)).toString()) as { readonly signedData: string };
  const connection = { type: 'connectionType', commit, signedData, desiredConnectionType: EXTENSION_HOST };
  peer.control({ ...connection, args: { language: 'en' } });
  // The host itself speaks first.
  await peer.next(REGULAR);
  socket.terminate();
}

class Peer {
  readonly #socket: WebSocket;
  #held = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      this.#held = Buffer.concat([this.#held, data]);
      this.#wake();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  control(message: unknown): void {
    const body = Buffer.from(JSON.stringify(message));
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt8(CONTROL, 0);
    head.writeUInt32BE(body.length, 9);
    this.#socket.send(Buffer.concat([head, body]));
  }

  /** The body of the next message of this kind; others are passed over. */
  async next(kind: number): Promise<Buffer> {
    for (;;) {
      const length = this.#held.length < HEAD_BYTES ? Infinity : HEAD_BYTES + this.#held.readUInt32BE(9);
      if (this.#held.length >= length) {
        const message = this.#held.subarray(0, length);
        this.#held = this.#held.subarray(length);
        if (message[0] === kind) return message.subarray(HEAD_BYTES);
      } else if (this.#isClosed) throw new Error('VS Code hung up');
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
