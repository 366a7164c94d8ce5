import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A connection on which a test says every byte itself. */
export class RawClient {
  readonly socket: Socket;
  text = '';
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (data) => (this.text += data.toString('latin1')));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => (this.isClosed = true));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  send(...lines: readonly string[]): this {
    this.socket.write(lines.join('\r\n'), 'latin1');
    return this;
  }

  /** The next answer, by its length; what came after it stays. */
  async answer(): Promise<RawAnswer> {
    await until(() => this.text.includes('\r\n\r\n') || this.isClosed);
    const end = this.text.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`the connection was closed without an answer: ${JSON.stringify(this.text)}`);
    const [statusLine = '', ...lines] = this.text.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers['content-length'] ?? 0);
    await until(() => this.text.length >= end + 4 + length || this.isClosed);
    const body = this.text.slice(end + 4, end + 4 + length);
    this.text = this.text.slice(end + 4 + length);
    const isJson = headers['content-type']?.includes('json') ?? false;
    return {
      status: Number(statusLine.split(' ')[1]),
      headers,
      body,
      json: isJson ? (JSON.parse(body) as Record<string, unknown>) : {},
    };
  }

  closed(): Promise<void> {
    return until(() => this.isClosed);
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** One request on a connection of its own. */
export async function rawRequest(port: number, ...lines: readonly string[]): Promise<RawAnswer> {
  const client = await RawClient.connect(port);
  try {
    return await client.send(...lines).answer();
  } finally {
    client.destroy();
  }
}

const DEADLINE_MS = 60_000;

export async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
