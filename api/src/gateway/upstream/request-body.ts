import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { PieceWriter } from './piece-writer.ts';

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
  const client = request.socket;
  request._read = () => {};
  client.pause();
  return () => {
    request._read = IncomingMessage.prototype._read;
    client.resume();
  };
}

/**
 * Sends a request's body on as it comes, and reads no more of it while the pod does not take it, as `holdBody` does. One pair of
 * listeners does this instead of a pipeline: small bodies are most of the traffic, and the socket outlives the body.
 *
 * @returns how to stop: what is still to come is then thrown away.
 */
export function sendBody(request: IncomingMessage, socket: Socket, options: BodyOptions): () => void {
  const client = request.socket;
  const writer = new PieceWriter(socket, options.isChunked);
  const onDrain = () => client.resume();
  const onData = (data: Buffer) => {
    options.onBytes(data.length);
    writer.push(data);
    if (writer.isFull) client.pause();
  };
  const onEnd = () => {
    writer.end();
    stop();
    options.onSent();
  };
  let isStopped = false;
  const stop = () => {
    // A second time, the connection may be at its next request.
    if (isStopped) return;
    isStopped = true;
    writer.stop();
    request.off('data', onData).off('end', onEnd);
    socket.off('drain', onDrain);
    request._read = IncomingMessage.prototype._read;
    request.resume();
    client.resume();
  };
  request._read = () => {
    if (!writer.isFull) client.resume();
  };
  socket.on('drain', onDrain);
  request.on('data', onData).on('end', onEnd);
  return stop;
}
