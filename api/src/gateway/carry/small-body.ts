import type { IncomingMessage } from 'node:http';

import { ApiError } from '@sandfleet/contract';

export interface SmallBodyLimits {
  readonly maxBytes: number;
  /** For all of it to come. */
  readonly timeoutMs: number;
}

/**
 * The body of a request that the gateway answers itself, as text.
 *
 * @throws ApiError PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export function readSmallBody(request: IncomingMessage, { maxBytes, timeoutMs }: SmallBodyLimits): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const settle = (take: () => void) => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      // What is still to come is thrown away, so that the answer can be read behind it.
      request.resume();
      take();
    };
    const fail = (error: ApiError) => settle(() => reject(error));
    const onData = (data: Buffer) => {
      size += data.length;
      if (size <= maxBytes) parts.push(data);
      else fail(new ApiError('PAYLOAD_TOO_LARGE', { message: `The body is larger than ${maxBytes} bytes.` }));
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(parts).toString('utf8')));
    const onClose = () => fail(new ApiError('BAD_REQUEST', { message: 'The request was broken off.' }));
    const timer = setTimeout(() => fail(new ApiError('BAD_REQUEST', { message: 'The body took too long to come.' })), timeoutMs);
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}
