import type { IncomingMessage } from 'node:http';

import type { IssuedTicket } from '../access/ticket-desk.ts';
import { MAX_WISH_BYTES, readTicketWish, type TicketWish } from '../access/ticket-wish.ts';
import { readSmallBody } from './small-body.ts';

const TIMEOUT_MS = 15_000;

/** @throws ApiError */
export async function readTicketRequest(request: IncomingMessage): Promise<TicketWish> {
  return readTicketWish(await readSmallBody(request, { maxBytes: MAX_WISH_BYTES, timeoutMs: TIMEOUT_MS }));
}

/** In the form of the runtime's own answer, for clients that know no gateway. */
export function ticketAnswer(
  ticket: IssuedTicket,
  requestId: string,
): { readonly headers: readonly string[]; readonly body: string } {
  const body = JSON.stringify(ticket);
  return {
    headers: [
      'Content-Type',
      'application/json; charset=utf-8',
      'Content-Length',
      String(Buffer.byteLength(body)),
      'Cache-Control',
      'no-store',
      'X-Content-Type-Options',
      'nosniff',
      'Referrer-Policy',
      'no-referrer',
      'X-Request-Id',
      requestId,
    ],
    body,
  };
}
