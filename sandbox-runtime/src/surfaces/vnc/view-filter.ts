import { MESSAGE, RfbViolation, shapeOf, type Shape } from './rfb-messages.ts';
import { closedClipboard, harmlessEncodings } from './view-messages.ts';

const VERSIONS = new Set(['RFB 003.003\n', 'RFB 003.007\n', 'RFB 003.008\n']);
const SECURITY_NONE = 1;
const SHARED = Buffer.from([1]);
const NOTHING = Buffer.alloc(0);

/**
 *     version ─ 3.3 ───────────────▶ init ─▶ messages
 *        └───── later ─▶ security ────┘
 */
type State = 'version' | 'security' | 'init' | 'messages';

/**
 * What one who only looks on may say to a screen. Bytes come in as they arrive, cut anywhere; what changes nothing on the screen
 * goes out, all else is dropped. It is a list of what passes, not of what doesn't.
 */
export class ViewFilter {
  #state: State = 'version';
  #held: Buffer = NOTHING;
  /** Bytes of a dropped message that are still to come. */
  #skip = 0;

  /** The bytes that the server may have. @throws RfbViolation when the client must be closed */
  push(chunk: Buffer): Buffer {
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    const rest = chunk.subarray(skipped);
    this.#held = this.#held.length === 0 ? rest : Buffer.concat([this.#held, rest]);
    const passed: Buffer[] = [];
    for (let part = this.#next(); part !== undefined; part = this.#next()) passed.push(part);
    // What is kept is less than a message; the chunk that it came in may be large.
    this.#held = Buffer.from(this.#held);
    return Buffer.concat(passed);
  }

  /** What comes of the next whole message; undefined when there is none. */
  #next(): Buffer | undefined {
    if (this.#state === 'messages') return this.#message();
    const bytes = this.#take(this.#state === 'version' ? 12 : 1);
    if (bytes === undefined) return undefined;
    if (this.#state === 'version') return this.#version(bytes);
    if (this.#state === 'security') return this.#security(bytes);
    this.#state = 'messages';
    // Whoever asks for the screen alone would send away those who work at it.
    return Buffer.concat([SHARED, closedClipboard()]);
  }

  #version(bytes: Buffer): Buffer {
    const version = bytes.toString('latin1');
    if (!VERSIONS.has(version)) throw new RfbViolation('an unknown version of the protocol');
    // In the oldest version the server chooses how to authenticate, and the client says nothing to it.
    this.#state = version.startsWith('RFB 003.003') ? 'init' : 'security';
    return bytes;
  }

  #security(bytes: Buffer): Buffer {
    // All other kinds have an exchange of their own, or hide what follows.
    if (bytes[0] !== SECURITY_NONE) throw new RfbViolation('a kind of security that is not offered');
    this.#state = 'init';
    return bytes;
  }

  #message(): Buffer | undefined {
    const [type] = this.#held;
    if (type === undefined) return undefined;
    const shape = shapeOf(type);
    if (this.#held.length < shape.head) return undefined;
    const length = shape.head + shape.rest(this.#held.subarray(0, shape.head));
    if (!shape.isHarmless) return this.#drop(length);
    const message = this.#take(length);
    return message === undefined ? undefined : rewritten(type, message, shape);
  }

  #drop(length: number): Buffer {
    const here = Math.min(length, this.#held.length);
    this.#held = this.#held.subarray(here);
    this.#skip = length - here;
    return NOTHING;
  }

  #take(length: number): Buffer | undefined {
    if (this.#held.length < length) return undefined;
    const bytes = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return bytes;
  }
}

const rewritten = (type: number, message: Buffer, { head }: Shape): Buffer =>
  type === MESSAGE.setEncodings ? harmlessEncodings(message.subarray(head)) : message;
