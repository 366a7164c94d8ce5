/** What a client is told while a call lasts. */
interface ProgressNotification {
  readonly method: 'notifications/progress';
  readonly params: { readonly progressToken: string | number; readonly progress: number; readonly message?: string };
}

/** A client that reads slowly, and a command that writes fast, must not fill the memory. */
const LEAST_PAUSE_MS = 250;
/** A sign of life where nothing is heard; clients count silence against their own time limits. */
const HEARTBEAT_MS = 5000;
const MAX_MESSAGE_CHARACTERS = 2000;
/** At a client that takes nothing any more, so many are on their way at most. */
const MAX_UNSENT = 16;

/** Progress of one call: what it says, gathered to a few messages a second, and a sign of life when it says nothing. */
export class Progress {
  readonly #token: string | number | undefined;
  readonly #send: (notification: ProgressNotification) => Promise<void>;
  readonly #heartbeat: NodeJS.Timeout | undefined;
  readonly #startedAt = performance.now();
  #gathered = '';
  #count = 0;
  #unsent = 0;
  #lastAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(token: string | number | undefined, send: (notification: ProgressNotification) => Promise<void>) {
    this.#token = token;
    this.#send = send;
    if (token === undefined) return;
    this.#heartbeat = setInterval(() => {
      if (performance.now() - this.#lastAt >= HEARTBEAT_MS - LEAST_PAUSE_MS) this.#tellNow(`running for ${this.#seconds()} s`);
    }, HEARTBEAT_MS);
  }

  get isWanted(): boolean {
    return this.#token !== undefined;
  }

  tell(message: string): void {
    // Of much at once the end says how it goes.
    this.#gathered = (this.#gathered + message).slice(-MAX_MESSAGE_CHARACTERS);
    if (this.#timer !== undefined) return;
    const pause = Math.max(0, this.#lastAt + LEAST_PAUSE_MS - performance.now());
    this.#timer = setTimeout(() => this.#flush(), pause);
  }

  end(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const message = this.#gathered.toWellFormed();
    this.#gathered = '';
    this.#tellNow(message);
  }

  #tellNow(message: string): void {
    if (this.#token === undefined || this.#unsent >= MAX_UNSENT) return;
    this.#lastAt = performance.now();
    this.#count += 1;
    this.#unsent += 1;
    this.#send({ method: 'notifications/progress', params: { progressToken: this.#token, progress: this.#count, message } })
      // The client is gone; the call goes on without telling it.
      .catch(() => {})
      .finally(() => {
        this.#unsent -= 1;
      });
  }

  #seconds(): number {
    return Math.round((performance.now() - this.#startedAt) / 1000);
  }
}
