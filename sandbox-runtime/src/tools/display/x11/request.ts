/** Words of one request, little-endian as the client promised. */
export type Field = readonly [bits: 8 | 16 | 32, value: number] | Buffer;

export const u8 = (value: number): Field => [8, value & 0xff];
export const u16 = (value: number): Field => [16, value & 0xffff];
export const u32 = (value: number): Field => [32, value >>> 0];
export const i16 = (value: number): Field => [16, value & 0xffff];

/** Longest request, in words of four bytes, that goes without the extension for big ones. */
const MAX_WORDS = 0xffff;

/** One request: the opcode, the byte beside it, and its fields, padded to whole words. */
export function request(opcode: number, detail: number, fields: readonly Field[] = []): Buffer {
  const length = fields.reduce((sum, field) => sum + (Buffer.isBuffer(field) ? field.length : field[0] / 8), 0);
  const words = 1 + Math.ceil(length / 4);
  // A length of zero says that the real one follows as a word of its own, which counts too.
  const isBig = words > MAX_WORDS;
  const head = isBig ? 8 : 4;
  const bytes = Buffer.alloc(head + Math.ceil(length / 4) * 4);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8(detail, 1);
  if (isBig) bytes.writeUInt32LE(words + 1, 4);
  else bytes.writeUInt16LE(words, 2);
  let at = head;
  for (const field of fields) at += put(bytes, at, field);
  return bytes;
}

function put(bytes: Buffer, at: number, field: Field): number {
  if (Buffer.isBuffer(field)) return field.copy(bytes, at);
  const [bits, value] = field;
  bytes.writeUIntLE(value, at, bits / 8);
  return bits / 8;
}
