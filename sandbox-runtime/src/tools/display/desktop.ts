import { ApiError } from '@sandfleet/contract';
import type { Logger } from '@sandfleet/server-kit';

import { Slots } from '../../process/slots.ts';
import type { Lease, Services } from '../../services/service.ts';
import { readCookie } from './x11/authority.ts';
import { XConnection } from './x11/connection.ts';
import { SocketClosed } from './x11/x-error.ts';
import { XScreen } from './x-screen.ts';

/** Calls that wait for their turn at the pointer and the keyboard. */
const MAX_WAITING = 64;

/** The screen that runs, for the tools that work on it. It is connected to once per run, when first asked for. */
export class Desktop {
  readonly #services: Services;
  readonly #log: Logger;
  readonly #turns = new Slots(1, MAX_WAITING);
  #screen: Promise<XScreen> | undefined;

  constructor(services: Services, log: Logger) {
    this.#services = services;
    this.#log = log;
  }

  /**
   * Starts screen and browser unless they run, and keeps both as long as `task` lasts.
   *
   * @throws ApiError SERVICE_DISABLED, SERVICE_UNAVAILABLE
   */
  async use<T>(signal: AbortSignal, task: (screen: XScreen, lease: Lease) => Promise<T>): Promise<T> {
    const lease = await this.#services.get('screen').lease(signal);
    try {
      const browser = await this.#leaseBrowser(signal);
      try {
        return await task(await this.#connected(lease), lease);
      } finally {
        browser?.release();
      }
    } catch (error) {
      if (!(error instanceof SocketClosed)) throw error;
      throw new ApiError('SERVICE_UNAVAILABLE', { message: 'The screen ended meanwhile.', cause: error, retryAfterSeconds: 2 });
    } finally {
      lease.release();
    }
  }

  /** As `use`, with the pointer and the keyboard to itself. @throws ApiError TOO_MANY_REQUESTS as well */
  useAlone<T>(signal: AbortSignal, task: (screen: XScreen) => Promise<T>): Promise<T> {
    return this.#turns.run(signal, () => this.use(signal, task));
  }

  async close(): Promise<void> {
    const screen = await this.#screen?.catch(() => undefined);
    screen?.close();
  }

  /** A sandbox may be without browser and still have a screen. */
  async #leaseBrowser(signal: AbortSignal): Promise<Lease | undefined> {
    const browser = this.#services.get('browser');
    return browser.state() === 'disabled' ? undefined : browser.lease(signal);
  }

  async #connected({ ended }: Lease): Promise<XScreen> {
    this.#screen ??= this.#connect(ended);
    try {
      return await this.#screen;
    } catch (error) {
      this.#screen = undefined;
      this.#log.warn({ err: error, display: this.#services.display }, 'no connection to the screen');
      throw new ApiError('SERVICE_UNAVAILABLE', { message: 'The screen does not answer.', cause: error, retryAfterSeconds: 2 });
    }
  }

  async #connect(ended: AbortSignal): Promise<XScreen> {
    const number = displayNumber(this.#services.display);
    const cookie = await readCookie(this.#services.screenEnv['XAUTHORITY'], number);
    const connection = await XConnection.open(`/tmp/.X11-unix/X${number}`, cookie);
    connection.closed.addEventListener('abort', () => (this.#screen = undefined), { once: true });
    ended.addEventListener('abort', () => connection.close(), { once: true });
    try {
      return await XScreen.create(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

/** `99` of `:99` and `:99.0`. */
export const displayNumber = (display: string): string => /^[^:]*:(\d+)/.exec(display)?.[1] ?? '0';
