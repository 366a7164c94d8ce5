/** The part of `ws` that the runtime uses; the package has no types of its own. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage } from 'node:http';
  import type { Duplex } from 'node:stream';

  export class WebSocket extends EventEmitter<{
    message: [data: Buffer, isBinary: boolean];
    ping: [data: Buffer];
    pong: [data: Buffer];
    open: [];
    close: [code: number, reason: Buffer];
    error: [error: Error];
    'unexpected-response': [request: unknown, response: IncomingMessage];
  }> {
    constructor(address: string, options?: { readonly headers?: Readonly<Record<string, string>>; readonly autoPong?: boolean });
    /** Bytes that are queued and that the kernel has not taken. */
    readonly bufferedAmount: number;
    readonly isPaused: boolean;
    readonly readyState: 0 | 1 | 2 | 3;
    send(data: string | Buffer, done?: (error?: Error) => void): void;
    ping(data?: Buffer): void;
    pong(data?: Buffer): void;
    pause(): void;
    resume(): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
  }

  export interface WebSocketServerOptions {
    readonly noServer: true;
    /** Bytes of a message; a longer one closes the socket with 1009. */
    readonly maxPayload: number;
    readonly perMessageDeflate: false;
    readonly clientTracking: false;
    /** Whether a ping is answered without asking; it is by default. */
    readonly autoPong: boolean;
  }

  export class WebSocketServer extends EventEmitter {
    constructor(options: WebSocketServerOptions);
    /** Answers a bad handshake itself and then calls nobody. */
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (socket: WebSocket) => void): void;
  }
}
