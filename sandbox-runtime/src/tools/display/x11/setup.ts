/** What an X server says of itself when a client connects, as far as this program asks. */
export interface Setup {
  readonly root: number;
  readonly rootVisual: number;
  /** Bits of a pixel on the root window. */
  readonly depth: number;
  /** First of the ids that this client may give to what it creates. */
  readonly idBase: number;
  /** The bits that tell the things of one client apart; what has no other bits is the server's own. */
  readonly idMask: number;
  readonly minKeycode: number;
  readonly maxKeycode: number;
  /** Bytes of the pixels are those of a little-endian 32-bit word: blue, green, red, unused. */
  readonly isBgrx: boolean;
}

export interface Cookie {
  readonly name: string;
  readonly data: Buffer;
}

const pad = (length: number): number => (length + 3) & ~3;

/** The first bytes that a client sends: little-endian words, protocol 11.0. */
export function setupRequest(cookie?: Cookie): Buffer {
  const name = Buffer.from(cookie?.name ?? '', 'latin1');
  const data = cookie?.data ?? Buffer.alloc(0);
  const request = Buffer.alloc(12 + pad(name.length) + pad(data.length));
  request.write('l', 0, 'latin1');
  request.writeUInt16LE(11, 2);
  request.writeUInt16LE(name.length, 6);
  request.writeUInt16LE(data.length, 8);
  name.copy(request, 12);
  data.copy(request, 12 + pad(name.length));
  return request;
}

/** Bytes of the server's first answer, which its first eight tell. */
export const setupLength = (head: Buffer): number => 8 + head.readUInt16LE(6) * 4;

/** @throws Error with the server's reason when it refuses the client, and when it has no screen. */
export function parseSetup(answer: Buffer): Setup {
  if (answer[0] !== 1) throw new Error(`the X server refuses: ${answer.toString('latin1', 8, 8 + (answer[1] ?? 0)).trim()}`);
  const formats = answer[29] ?? 0;
  const formatsAt = 40 + pad(answer.readUInt16LE(24));
  const screen = formatsAt + formats * 8;
  if (answer[28] === 0 || answer.length < screen + 40) throw new Error('the X server has no screen');
  const depth = answer.readUInt8(screen + 38);
  return {
    root: answer.readUInt32LE(screen),
    rootVisual: answer.readUInt32LE(screen + 32),
    depth,
    idBase: answer.readUInt32LE(12),
    idMask: answer.readUInt32LE(16),
    minKeycode: answer.readUInt8(34),
    maxKeycode: answer.readUInt8(35),
    isBgrx: answer[30] === 0 && bitsPerPixel(answer.subarray(formatsAt, screen), depth) === 32 && depth >= 24,
  };
}

function bitsPerPixel(formats: Buffer, depth: number): number | undefined {
  for (let at = 0; at < formats.length; at += 8) if (formats[at] === depth) return formats[at + 1];
  return undefined;
}
