/** The X server could not do what a request asks. */
export class XError extends Error {
  override readonly name = 'XError';
  /** Of the protocol: 3 is no window, 8 does not match, 10 no access, and so on. */
  readonly code: number;

  constructor(message: Buffer) {
    const code = message.readUInt8(1);
    super(`the X server answers with error ${code} to request ${message.readUInt8(10)}.${message.readUInt16LE(8)}`);
    this.code = code;
  }
}

/** The connection to the X server is gone, and with it all that was under way. */
export class SocketClosed extends Error {
  override readonly name = 'SocketClosed';
}
