import type { BrowserContext, CDPSession } from 'playwright-core';

import { within } from '../session/until.ts';
import { decide, type Rules, type Route } from './decide.ts';
import { devtoolsPattern, urlMatcher } from './url-pattern.ts';
import type { Headers } from './network-log.ts';

interface Paused {
  readonly requestId: string;
  readonly request: { readonly url: string; readonly method: string; readonly headers: Record<string, string> };
}

/** Where the rules are in force. */
interface Place {
  readonly context: BrowserContext;
  readonly cdp: CDPSession;
}

/** A page that hangs takes a rule when it comes to, and keeps nobody waiting until then. */
const PAGE_MS = 2000;
/** Matches nothing that is ever loaded. */
const NEVER = 'x-nothing:*';

/**
 * What the browser adds to requests, answers itself or refuses. The rules outlive a browser that crashes; an explicit restart
 * clears them.
 *
 * They are held by the browser as a whole and not by its pages, so that those which no call has seen yet, frames of other sites
 * and workers obey them too. Each hop of a redirection is judged by its own URL: a header for one origin never follows to another.
 */
export class NetworkRules {
  readonly #scoped = new Map<string, Headers>();
  readonly #routes = new Map<string, Route>();
  #headers: Headers = {};
  #place: Place | undefined;

  get routeCount(): number {
    return this.#routes.size;
  }

  get scopeCount(): number {
    return this.#scoped.size;
  }

  hasRoute(pattern: string): boolean {
    return this.#routes.has(pattern);
  }

  hasScope(origin: string): boolean {
    return this.#scoped.has(origin);
  }

  /** A new connection to the browser. */
  async follow(place: Place): Promise<void> {
    this.#place = place;
    place.cdp.on('Fetch.requestPaused', (paused) => void this.#judge(place.cdp, paused));
    if (Object.keys(this.#headers).length > 0) await this.#sendHeaders(place);
    if (this.#routes.size + this.#scoped.size > 0) await this.#intercept();
  }

  async setHeaders(headers: Headers): Promise<void> {
    this.#headers = headers;
    if (this.#place !== undefined) await this.#sendHeaders(this.#place);
  }

  /** No headers is no rule. */
  async setScopedHeaders(origin: string, headers: Headers): Promise<void> {
    if (Object.keys(headers).length === 0) this.#scoped.delete(origin);
    else this.#scoped.set(origin, headers);
    await this.#intercept();
  }

  /** The newest route that fits a request counts. */
  async addRoute(pattern: string, answer: Route['answer']): Promise<void> {
    this.#routes.delete(pattern);
    this.#routes.set(pattern, { fits: urlMatcher(pattern), answer });
    await this.#intercept();
  }

  async removeRoute(pattern: string): Promise<boolean> {
    const wasThere = this.#routes.delete(pattern);
    if (wasThere) await this.#intercept();
    return wasThere;
  }

  clear(): void {
    this.#headers = {};
    this.#scoped.clear();
    this.#routes.clear();
    this.#place = undefined;
  }

  async #intercept(): Promise<void> {
    if (this.#place === undefined) return;
    const { cdp, context } = this.#place;
    const origins = [...this.#scoped.keys()].map((origin) => `${origin}/*`);
    const patterns = [...new Set([...origins, ...[...this.#routes.keys()].map(devtoolsPattern)])];
    if (patterns.length === 0) await cdp.send('Fetch.disable');
    else await cdp.send('Fetch.enable', { patterns: patterns.map((urlPattern) => ({ urlPattern })) });
    await Promise.all(context.pages().map((page) => within(PAGE_MS, reload(context, page), undefined)));
  }

  async #sendHeaders({ context }: Place): Promise<void> {
    await within(PAGE_MS, context.setExtraHTTPHeaders({ ...this.#headers }), undefined);
  }

  async #judge(cdp: CDPSession, { requestId, request }: Paused): Promise<void> {
    const rules: Rules = { scoped: this.#scoped, routes: [...this.#routes.values()], headers: this.#headers };
    const [method, parameters] = decide(request, rules);
    try {
      await send(cdp, method, { requestId, ...parameters });
    } catch {
      // Gone meanwhile, or refused as we put it: a request that nobody lets go would hang for ever.
      await cdp.send('Fetch.continueRequest', { requestId }).catch(() => undefined);
    }
  }
}

/** The verdicts of `decide` carry the parameters of their own method; the union of both loses which. */
const send = (cdp: CDPSession, method: ReturnType<typeof decide>[0], parameters: object): Promise<unknown> =>
  cdp.send(method, parameters as never);

/** An open page goes on loading by the ways that it got when it was opened, until something makes the browser give it new ones. */
async function reload(context: BrowserContext, page: Parameters<BrowserContext['newCDPSession']>[0]): Promise<void> {
  try {
    const session = await context.newCDPSession(page);
    await session.send('Fetch.enable', { patterns: [{ urlPattern: NEVER }] });
    await session.detach();
  } catch {
    // It has been closed or has crashed.
  }
}
