import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

const timestamp = Type.Optional(Type.Union([Type.Number(), Type.String({ maxLength: 64 })]));
const side = Type.Integer({ minimum: 1, maximum: 1000 });

/** What a client of the terminal may send. `pong` comes in two published forms; what it says is of no use to us. */
const ClientMessage = Type.Union([
  Type.Object({ type: Type.Literal('input'), data: Type.String() }),
  Type.Object({ type: Type.Literal('resize'), data: Type.Object({ cols: side, rows: side }) }),
  Type.Object({ type: Type.Literal('ping'), timestamp }),
  Type.Object({ type: Type.Literal('pong') }),
]);
export type ClientMessage = Static<typeof ClientMessage>;

/** Reads one frame; undefined for what is no message. */
export function parseMessage(data: Buffer, isBinary: boolean): ClientMessage | undefined {
  if (isBinary) return undefined;
  try {
    const value: unknown = JSON.parse(data.toString());
    return Value.Check(ClientMessage, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export type ServerMessage =
  | { readonly type: 'session_id' | 'ready' | 'output' | 'error'; readonly data: string }
  | { readonly type: 'ping' | 'pong'; readonly timestamp: number; readonly data?: unknown };
