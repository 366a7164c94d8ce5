import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
}

export interface PodOptions {
  readonly host?: string;
  readonly port?: number;
  /** Said with every answer, to tell pods apart. */
  readonly name?: string;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server in place of the runtime: a real one, on loopback, that remembers what reached it. WebSockets echo. */
export class Pod {
  readonly requests: SeenRequest[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  handler: Handler;
  /** Answers an upgrade in place of the echo. */
  onUpgrade: ((request: IncomingMessage, socket: Socket, head: Buffer) => void) | undefined;
  readonly #server: Server;

  private constructor(name: string) {
    this.handler = (_, response) => response.end(name);
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#note(request);
      this.handler(request, response);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => socket.destroy());
    });
    this.#server.on('upgrade', (request: IncomingMessage, stream, head: Buffer) => {
      // A plain server's connections are sockets.
      const socket = stream as Socket;
      // Servers leave their sockets half open; a WebSocket ends with its other end.
      socket.on('end', () => socket.end());
      this.#note(request);
      if (this.onUpgrade === undefined) echo(request, socket, head);
      else this.onUpgrade(request, socket, head);
    });
  }

  static async start({ host = '127.0.0.1', port = 0, name = 'pod' }: PodOptions = {}): Promise<Pod> {
    const pod = new Pod(name);
    await new Promise<void>((resolve, reject) => pod.#server.once('error', reject).listen(port, host, resolve));
    return pod;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return (this.#server.address() as AddressInfo).address;
  }

  get last(): SeenRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('nothing reached the pod');
    return request;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #note({ method = '', url = '', rawHeaders, headers }: IncomingMessage): void {
    this.requests.push({ method, url, rawHeaders, headers });
  }
}

export function acceptKey(request: IncomingMessage): string {
  const key = request.headers['sec-websocket-key'] ?? '';
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** Takes the WebSocket and its first subprotocol, and sends every frame back (RFC 6455 5.2: a server's frames have no mask). */
function echo(request: IncomingMessage, socket: Socket, head: Buffer): void {
  const protocol = request.headers['sec-websocket-protocol']?.split(',')[0]?.trim();
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  lines.push(`Sec-WebSocket-Accept: ${acceptKey(request)}`);
  if (protocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let pending = head;
  const take = (data: Buffer) => {
    pending = Buffer.concat([pending, data]);
    for (let frame = readFrame(pending); frame !== undefined; frame = readFrame(pending)) {
      pending = pending.subarray(frame.length);
      socket.write(frame.answer);
      if (frame.isClose) socket.end();
    }
  };
  socket.on('data', take);
  take(Buffer.alloc(0));
}

interface Frame {
  readonly length: number;
  readonly answer: Buffer;
  readonly isClose: boolean;
}

function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const maskAt = 2 + lengthBytes;
  if (bytes.length < maskAt + 4) return undefined;
  const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const length = maskAt + 4 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = Buffer.from(bytes.subarray(maskAt + 4, length)).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  const header = Buffer.from(bytes.subarray(0, maskAt));
  header.writeUInt8(short, 1);
  return { length, answer: Buffer.concat([header, payload]), isClose: (bytes.readUInt8(0) & 0x0f) === 8 };
}
