import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export interface BodyOptions {
  readonly isChunked: boolean;
  onBytes(count: number): void;
  onSent(): void;
}

const CRLF = '\r\n';

/**
 * Sends a request's body on as it comes, and reads no more of it while the pod does not take it. One pair of listeners does
 * this instead of a pipeline: small bodies are most of the traffic, and the socket outlives the body.
 *
 * @returns how to stop: what is still to come is then thrown away.
 */
export function sendBody(request: IncomingMessage, socket: Socket, options: BodyOptions): () => void {
  const { isChunked } = options;
  const onDrain = () => request.resume();
  const onData = (data: Buffer) => {
    options.onBytes(data.length);
    if (!(isChunked ? writeChunk(socket, data) : socket.write(data))) request.pause();
  };
  const onEnd = () => {
    stop();
    if (isChunked) socket.write(`0${CRLF}${CRLF}`, 'latin1');
    options.onSent();
  };
  const stop = () => {
    request.off('data', onData).off('end', onEnd);
    socket.off('drain', onDrain);
    request.resume();
  };
  socket.on('drain', onDrain);
  request.on('data', onData).on('end', onEnd);
  return stop;
}

function writeChunk(socket: Socket, data: Buffer): boolean {
  socket.cork();
  socket.write(`${data.length.toString(16)}${CRLF}`, 'latin1');
  socket.write(data);
  const hasRoom = socket.write(CRLF, 'latin1');
  socket.uncork();
  return hasRoom;
}
