import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { PieceWriter, writePiece } from './piece-writer.ts';

const LAST_CHUNK = '0\r\n\r\n';

export interface BodyOptions {
  readonly isChunked: boolean;
  onBytes(count: number): void;
  onSent(): void;
}

/**
 * Keeps a body with the client until it is known whether it goes on; gives back how to let it come. What one read brought is
 * here all the same.
 *
 * It is the connection that is not read from. A request that is paused would be filled first: that may be ten thousand pieces of
 * a byte each. And Node reads on whenever the request has room, by `_read`; hence one that does not.
 */
export function holdBody(request: IncomingMessage): () => void {
  stopReading(request, () => false);
  return () => readOn(request);
}

/**
 * Sends a request's body on as it comes, and reads no more of it while the pod does not take it, as `holdBody` does. One pair of
 * listeners does this instead of a pipeline: small bodies are most of the traffic, and the socket outlives the body. Nearly all
 * of those come in one piece.
 *
 * @returns how to stop: what is still to come is then thrown away.
 */
export function sendBody(request: IncomingMessage, socket: Socket, options: BodyOptions): () => void {
  const { isChunked } = options;
  let isFirst = true;
  let isStopped = false;
  let others: PieceWriter | undefined;
  const hasRoom = () => !socket.writableNeedDrain;
  const onDrain = () => request.socket.resume();
  const onData = (data: Buffer) => {
    options.onBytes(data.length);
    if (isFirst) writePiece(socket, data, isChunked);
    else (others ??= new PieceWriter(socket, isChunked)).push(data);
    isFirst = false;
    if (!hasRoom()) stopReading(request, hasRoom);
  };
  const onEnd = () => {
    others?.flush();
    if (isChunked) socket.write(LAST_CHUNK, 'latin1');
    stop();
    options.onSent();
  };
  const stop = () => {
    // A second time, the connection may be at its next request.
    if (isStopped) return;
    isStopped = true;
    others?.drop();
    request.off('data', onData).off('end', onEnd);
    socket.off('drain', onDrain);
    readOn(request);
    request.resume();
  };
  socket.on('drain', onDrain);
  request.on('data', onData).on('end', onEnd);
  return stop;
}

/** Reads nothing more from the client's connection but what `mayReadOn` lets Node ask for. */
function stopReading(request: IncomingMessage, mayReadOn: () => boolean): void {
  request._read = () => {
    if (mayReadOn()) request.socket.resume();
  };
  request.socket.pause();
}

function readOn(request: IncomingMessage): void {
  request._read = IncomingMessage.prototype._read;
  request.socket.resume();
}
