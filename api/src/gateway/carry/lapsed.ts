import { ApiError } from '@sandfleet/contract';

import type { Lapse } from '../access/authenticator.ts';

/** Close codes of WebSockets: one of those for applications, after HTTP's 401, and one of the protocol's own (RFC 6455 7.4.1). */
export const CREDENTIAL_ENDED = 4401;
export const GOING_AWAY = 1001;

const MESSAGES: Readonly<Record<Lapse, string>> = {
  expired: 'The credential has expired; ask for a new one.',
  revoked: 'The key that signed the credential is not in use any more; ask for a new one.',
};

/** What is told when a credential ends under what it opened. */
export function lapsed(lapse: Lapse): ApiError {
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  return new ApiError('UNAUTHENTICATED', { message: MESSAGES[lapse], headers });
}

const FINAL_CLOSE = 0x88;
/** A control frame holds 125 bytes, and two of them are the code. */
const MAX_REASON_BYTES = 123;

/** A server's frame that closes a WebSocket (RFC 6455 5.5.1). */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason, 'utf8');
  if (text.length > MAX_REASON_BYTES) throw new RangeError(`a reason has ${MAX_REASON_BYTES} bytes at most`);
  return Buffer.concat([Buffer.from([FINAL_CLOSE, text.length + 2, code >> 8, code & 0xff]), text]);
}
