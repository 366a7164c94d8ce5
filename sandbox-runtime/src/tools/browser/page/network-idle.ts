import type { Frame, Page, Request } from 'playwright-core';

/** So long nothing may be under way. */
const QUIET_MS = 500;
const MAX_FOLLOWED = 10_000;
/** These stay open by their nature. */
const ENDLESS = new Set(['eventsource', 'websocket', 'ping', 'media']);

interface Traffic {
  readonly open: Set<Request>;
  /** The tab has asked for another document. */
  isLeaving: boolean;
  readonly listeners: Set<() => void>;
}

/** The requests of each tab that are under way. */
export class NetworkIdle {
  readonly #traffic = new WeakMap<Page, Traffic>();

  follow(page: Page): void {
    if (this.#traffic.has(page)) return;
    const traffic: Traffic = { open: new Set(), isLeaving: false, listeners: new Set() };
    this.#traffic.set(page, traffic);
    const changed = () => {
      for (const listener of traffic.listeners) listener();
    };
    const ended = (request: Request) => {
      if (traffic.open.delete(request)) changed();
    };
    page.on('request', (request) => {
      traffic.isLeaving ||= request.isNavigationRequest() && frameOf(request) === page.mainFrame();
      if (ENDLESS.has(request.resourceType()) || traffic.open.size >= MAX_FOLLOWED) return;
      traffic.open.add(request);
      changed();
    });
    page.on('requestfinished', ended);
    page.on('requestfailed', ended);
    page.on('framenavigated', (frame) => {
      if (frame !== page.mainFrame()) return;
      // A page may give itself another address, and goes on loading what it was loading.
      if (!traffic.isLeaving && /^https?:/.test(frame.url())) return;
      traffic.isLeaving = false;
      // The end of what the last document asked for is not always told.
      for (const request of traffic.open) if (!request.isNavigationRequest()) traffic.open.delete(request);
      changed();
    });
  }

  underWay(page: Page): number {
    return this.#traffic.get(page)?.open.size ?? 0;
  }

  /** Resolves when no request was under way for half a second, false when that did not come in time. */
  async quiet(page: Page, { timeout, signal }: { readonly timeout: number; readonly signal: AbortSignal }): Promise<boolean> {
    const traffic = this.#traffic.get(page);
    if (traffic === undefined) return true;
    let quiet: NodeJS.Timeout | undefined;
    let late: NodeJS.Timeout | undefined;
    let look = () => {};
    let leave = () => {};
    try {
      return await new Promise<boolean>((resolve) => {
        look = () => {
          clearTimeout(quiet);
          if (traffic.open.size === 0) quiet = setTimeout(resolve, QUIET_MS, true);
        };
        leave = () => resolve(false);
        late = setTimeout(leave, timeout);
        signal.addEventListener('abort', leave, { once: true });
        traffic.listeners.add(look);
        look();
      });
    } finally {
      clearTimeout(quiet);
      clearTimeout(late);
      signal.removeEventListener('abort', leave);
      traffic.listeners.delete(look);
    }
  }
}

/** A request of a worker has none, and one of a frame that is being made has none yet. */
function frameOf(request: Request): Frame | undefined {
  try {
    return request.frame();
  } catch {
    return undefined;
  }
}
