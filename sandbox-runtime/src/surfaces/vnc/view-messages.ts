import { MESSAGE } from './rfb-messages.ts';

const RAW = 0;
const EXTENDED_CLIPBOARD = -1_063_131_698;
/**
 * What makes other messages of the client legal or longer, and what is of no use to one who looks on: keys by place, sound, more
 * devices, power, and more buttons, which would make a PointerEvent one byte longer than this program takes it for.
 */
const DROPPED = new Set([-258, -259, -305, -309, -316]);

const CAPS = 1 << 24;
const NOTIFY = 1 << 27;
const TEXT = 1;

/** SetEncodings with what a viewer may have of the client's list. @param list 4 bytes each */
export function harmlessEncodings(list: Buffer): Buffer {
  const wanted = Array.from({ length: list.length / 4 }, (_, index) => list.readInt32BE(index * 4));
  const kept = wanted.filter((encoding) => !DROPPED.has(encoding) && encoding !== EXTENDED_CLIPBOARD);
  return setEncodings([...kept, EXTENDED_CLIPBOARD]);
}

/**
 * Says that copied text is only to be announced, not sent: what people copy is often more than what they show. The server sends
 * it only to who then asks, by a message that a viewer can't send; to a client that does not know this extension it would send
 * everything at once.
 */
export function closedClipboard(): Buffer {
  const caps = Buffer.alloc(16);
  caps.writeUInt8(MESSAGE.clientCutText, 0);
  // The length is negative for messages of the extension: flags, and the largest size for the one kind of text that is named.
  caps.writeInt32BE(-8, 4);
  caps.writeUInt32BE(CAPS | NOTIFY | TEXT, 8);
  return Buffer.concat([setEncodings([RAW, EXTENDED_CLIPBOARD]), caps]);
}

function setEncodings(encodings: readonly number[]): Buffer {
  const message = Buffer.alloc(4 + encodings.length * 4);
  message.writeUInt8(MESSAGE.setEncodings, 0);
  message.writeUInt16BE(encodings.length, 2);
  for (const [index, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + index * 4);
  return message;
}
