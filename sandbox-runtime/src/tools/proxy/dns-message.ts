import type { LookupAddress } from 'node:dns';

/** Types of records with addresses (RFC 1035, RFC 3596). */
export const RECORDS = { A: 1, AAAA: 28 } as const;
export type RecordType = (typeof RECORDS)[keyof typeof RECORDS];

const INTERNET = 1;
const HEADER_BYTES = 12;
const RECURSION_DESIRED = 0x01_00;
const IS_ANSWER = 0x80_00;
const FAILURE_CODE = 0x00_0f;
const MAX_RECORDS = 256;

/** A question as DNS has it. Its id is 0, so that all who ask the same may be answered from one cache (RFC 8484, 4.1). */
export function encodeQuestion(host: string, type: RecordType): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  const name = host.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  return Buffer.concat([header, ...name, Buffer.from([0, 0, type, 0, INTERNET])]);
}

/**
 * The addresses in an answer; none where the name has none, or the server says that it could not find out.
 *
 * @throws RangeError when it is no proper message
 */
export function decodeAddresses(message: Buffer): readonly LookupAddress[] {
  const flags = message.readUInt16BE(2);
  if ((flags & IS_ANSWER) === 0) throw new RangeError('The message is no answer.');
  if ((flags & FAILURE_CODE) !== 0) return [];
  let at = HEADER_BYTES;
  for (let left = message.readUInt16BE(4); left > 0; left--) at = afterName(message, at) + 4;
  const addresses: LookupAddress[] = [];
  for (let left = Math.min(MAX_RECORDS, message.readUInt16BE(6)); left > 0; left--) {
    const start = afterName(message, at);
    const end = start + 10 + message.readUInt16BE(start + 8);
    if (end > message.length) throw new RangeError('A record ends after the message.');
    const address = addressOf(message.readUInt16BE(start), message.subarray(start + 10, end));
    if (address !== undefined && message.readUInt16BE(start + 2) === INTERNET) addresses.push(address);
    at = end;
  }
  return addresses;
}

/** Where a name ends; what it says is of no interest: an answer holds the chain that leads from the question to the addresses. */
function afterName(message: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const length = message.readUInt8(at);
    // The rest of the name stands elsewhere (RFC 1035, 4.1.4).
    if (length >= 0xc0) return at + 2;
    at += length + 1;
    if (length === 0) return at;
  }
}

function addressOf(type: number, bytes: Buffer): LookupAddress | undefined {
  if (type === RECORDS.A && bytes.length === 4) return { address: bytes.join('.'), family: 4 };
  if (type !== RECORDS.AAAA || bytes.length !== 16) return undefined;
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return { address: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1), family: 6 };
}
