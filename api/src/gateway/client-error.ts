import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { ApiError } from '@sandfleet/contract';

import { problemAnswer } from './response/problem.ts';

/** Sockets whose client has a part of an answer: more text would be read as the rest of it. */
interface MaybeAnswering extends Duplex {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

/** Bytes that are no HTTP request, or come too slowly to be one. The connection ends with the answer. */
export function answerClientError(error: NodeJS.ErrnoException, socket: MaybeAnswering): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?.headersSent === true) {
    socket.destroy();
    return;
  }
  const { status, message } = kindOf(error.code);
  const problem = problemAnswer(new ApiError('BAD_REQUEST', { message }), { path: '', requestId: '', accept: undefined });
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n`;
  for (let i = 0; i < problem.headers.length; i += 2) text += `${problem.headers[i]}: ${problem.headers[i + 1]}\r\n`;
  socket.end(`${text}\r\n${problem.body}`);
}

function kindOf(code: string | undefined): { readonly status: number; readonly message: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, message: 'The headers are larger than 32 KiB.' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, message: 'The head of the request took too long to come.' };
  return { status: 400, message: 'The request is not valid HTTP.' };
}
