import type { EventStore } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

interface KeptEvent {
  readonly session: symbol;
  readonly stream: string;
  readonly message: JSONRPCMessage;
  readonly bytes: number;
}

/** What an empty event costs to keep. */
const EVENT_BYTES = 200;

/** The last messages to clients, for those that lost their connection; one bound for all sessions, the oldest give way. */
export class ReplayLog {
  readonly #limit: number;
  readonly #events = new Map<string, KeptEvent>();
  #bytes = 0;
  #next = 1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The part of one session, which sees no message of another. */
  session(): EventStore & { end(): void } {
    const session = Symbol('session');
    const find = (id: string) => {
      const event = this.#events.get(id);
      return event?.session === session ? event : undefined;
    };
    return {
      storeEvent: async (stream, message) => this.#add({ session, stream, message, bytes: sizeOf(message) }),
      getStreamIdForEventId: async (id) => find(id)?.stream,
      replayEventsAfter: async (id, { send }) => {
        const last = find(id);
        if (last === undefined) throw new Error('The events after this one are not kept any more.');
        for (const [eventId, event] of this.#after(id)) {
          if (event.session === session && event.stream === last.stream && isMessage(event.message))
            await send(eventId, event.message);
        }
        return last.stream;
      },
      end: () => {
        for (const [id, event] of this.#events) if (event.session === session) this.#drop(id, event);
      },
    };
  }

  #add(event: KeptEvent): string {
    const id = String(this.#next);
    this.#next += 1;
    this.#events.set(id, event);
    this.#bytes += event.bytes;
    for (const [oldest, { bytes }] of this.#events) {
      if (this.#bytes <= this.#limit) break;
      this.#events.delete(oldest);
      this.#bytes -= bytes;
    }
    return id;
  }

  #drop(id: string, { bytes }: KeptEvent): void {
    this.#events.delete(id);
    this.#bytes -= bytes;
  }

  *#after(id: string): Generator<[string, KeptEvent]> {
    let isAfter = false;
    // A copy: what is sent meanwhile goes to the new connection by itself.
    for (const [eventId, event] of new Map(this.#events)) {
      if (isAfter) yield [eventId, event];
      isAfter ||= eventId === id;
    }
  }
}

/** The first event of a stream has an id and nothing else. */
const isMessage = (message: object): boolean => 'jsonrpc' in message;

const sizeOf = (message: JSONRPCMessage): number => EVENT_BYTES + JSON.stringify(message).length;
