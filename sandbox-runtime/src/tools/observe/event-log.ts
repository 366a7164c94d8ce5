import type { ObserveEvent } from '@sandfleet/contract/runtime';

const MAX_EVENTS = 100;

/** The last events, whatever session they are of. */
export class EventLog {
  #events: readonly ObserveEvent[] = [];

  add(...events: readonly ObserveEvent[]): void {
    this.#events = [...this.#events, ...events].slice(-MAX_EVENTS);
  }

  recent(): ObserveEvent[] {
    return [...this.#events];
  }
}

export const eventNow = (type: string, message: string, data: Record<string, unknown>): ObserveEvent => ({
  ts: new Date().toISOString(),
  type,
  message,
  data,
});
