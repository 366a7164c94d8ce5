/** What a client of a screen says (RFC 6143 and the extensions that IANA lists), by the byte that each message begins with. */
export const MESSAGE = {
  setPixelFormat: 0,
  setEncodings: 2,
  updateRequest: 3,
  keyEvent: 4,
  pointerEvent: 5,
  clientCutText: 6,
  continuousUpdates: 150,
  fence: 248,
  xvp: 250,
  setDesktopSize: 251,
  gii: 253,
  qemu: 255,
} as const;

/** A message of the screen's client: how long what tells its length is, and how long it then is. */
export interface Shape {
  readonly head: number;
  /** Bytes behind the head. */
  rest(head: Buffer): number;
  /** Whether one who only looks on may send it. */
  readonly isHarmless: boolean;
}

/** Nobody has more forms of pictures to offer. */
const MAX_ENCODINGS = 512;
const MAX_FENCE_BYTES = 64;

/** The client broke the protocol, or said what this does not know: where its next message begins can't be told. */
export class RfbViolation extends Error {
  override readonly name = 'RfbViolation';
}

const fixed = (length: number, isHarmless: boolean): Shape => ({ head: length, rest: () => 0, isHarmless });

const SHAPES: ReadonlyMap<number, Shape> = new Map([
  [MESSAGE.setPixelFormat, fixed(20, true)],
  [MESSAGE.setEncodings, { head: 4, rest: (head) => 4 * atMost(head.readUInt16BE(2), MAX_ENCODINGS), isHarmless: true }],
  [MESSAGE.updateRequest, fixed(10, true)],
  [MESSAGE.keyEvent, fixed(8, false)],
  [MESSAGE.pointerEvent, fixed(6, false)],
  // Below zero is the extended form, and the length all the same.
  [MESSAGE.clientCutText, { head: 8, rest: (head) => Math.abs(head.readInt32BE(4)), isHarmless: false }],
  [MESSAGE.continuousUpdates, fixed(10, true)],
  [MESSAGE.fence, { head: 9, rest: (head) => atMost(head.readUInt8(8), MAX_FENCE_BYTES), isHarmless: true }],
  [MESSAGE.xvp, fixed(4, false)],
  [MESSAGE.setDesktopSize, { head: 8, rest: (head) => 16 * head.readUInt8(6), isHarmless: false }],
  [MESSAGE.gii, { head: 4, rest: giiRest, isHarmless: false }],
  [MESSAGE.qemu, { head: 2, rest: qemuRest, isHarmless: false }],
]);

/** @throws RfbViolation for a message that is not known */
export function shapeOf(type: number): Shape {
  const shape = SHAPES.get(type);
  if (shape === undefined) throw new RfbViolation(`message of type ${type}`);
  return shape;
}

function atMost(count: number, most: number): number {
  if (count > most) throw new RfbViolation(`a message with ${count} parts`);
  return count;
}

/** Devices for input beyond mouse and keyboard; one bit tells the order of the bytes. */
function giiRest(head: Buffer): number {
  const isBigEndian = (head.readUInt8(1) & 0x80) !== 0;
  return isBigEndian ? head.readUInt16BE(2) : head.readUInt16LE(2);
}

function qemuRest(head: Buffer): number {
  // A key with its place on the keyboard. The other one, sound, has forms of several lengths, and no server of ours.
  if (head.readUInt8(1) !== 0) throw new RfbViolation('a QEMU message that is no key');
  return 10;
}
