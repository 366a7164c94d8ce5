import type { BrowserContext, Request, Response } from 'playwright-core';

import { within } from '../session/until.ts';
import { urlFilter } from './url-pattern.ts';

export type Headers = Readonly<Record<string, string>>;

/** Bytes; -1 where the browser did not say. */
export interface RequestSizes {
  readonly requestHeadersSize: number;
  readonly requestBodySize: number;
  readonly responseHeadersSize: number;
  readonly responseBodySize: number;
}

export interface RequestDetails {
  readonly headers: Headers;
  readonly responseHeaders: Headers;
  readonly sizes: RequestSizes;
  readonly serverAddress: string;
}

/** One request of a page; each hop of a redirection is one of its own. */
export interface LoggedRequest {
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
  readonly postData: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** undefined until it has ended; -1 where the browser did not say. */
  durationMs: number | undefined;
  timing: ReturnType<Request['timing']> | undefined;
  status: number | undefined;
  statusText: string;
  failure: string | undefined;
  details(): Promise<RequestDetails>;
}

const MAX_POST_DATA = 65_536;
const MAX_URL = 8192;
const MAX_HEADERS = 100;
const MAX_HEADER = 8192;
/** Of all headers of one message together: a page may send, and be sent, a great many. */
const MAX_HEADER_CHARACTERS = 32_768;
/** What playwright-core gets to say more about a request whose page may be gone. */
const DETAILS_MS = 2000;
const NO_SIZES: RequestSizes = { requestHeadersSize: -1, requestBodySize: -1, responseHeadersSize: -1, responseBodySize: -1 };

/** The last requests of all tabs, made while somebody was connected to the browser. */
export class NetworkLog {
  readonly #most: number;
  #entries: LoggedRequest[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  follow(context: BrowserContext): void {
    const entries = new WeakMap<Request, Entry>();
    context.on('request', (request) => {
      const entry = new Entry(request);
      entries.set(request, entry);
      this.#add(entry);
    });
    context.on('response', (response) => entries.get(response.request())?.answered(response));
    context.on('requestfinished', (request) => entries.get(request)?.ended(request));
    context.on('requestfailed', (request) => entries.get(request)?.ended(request));
  }

  /** Those whose URL fits, the last `limit` of them, oldest first. */
  list(filter?: string, limit = this.#most): readonly LoggedRequest[] {
    const fits = filter === undefined ? () => true : urlFilter(filter);
    return this.#entries.filter(({ url }) => fits(url)).slice(-limit);
  }

  clear(): void {
    this.#entries = [];
  }

  /** Drops in larger steps: moving a thousand entries for each request would cost more than the request. */
  #add(entry: LoggedRequest): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#most * 1.25) this.#entries = this.#entries.slice(-this.#most);
  }
}

class Entry implements LoggedRequest {
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
  readonly postData: string | undefined;
  readonly startedAt = Date.now();
  durationMs: number | undefined;
  timing: ReturnType<Request['timing']> | undefined;
  status: number | undefined;
  statusText = '';
  failure: string | undefined;
  readonly #headers: Headers;
  #responseHeaders: Headers = {};
  #request: Request | undefined;
  #response: Response | undefined;
  #details: Promise<RequestDetails> | undefined;

  constructor(request: Request) {
    this.#request = request;
    this.url = request.url().slice(0, MAX_URL);
    this.method = request.method();
    this.resourceType = request.resourceType();
    this.postData = postDataOf(request);
    this.#headers = bounded(request.headers());
  }

  answered(response: Response): void {
    this.#response = response;
    this.status = response.status();
    this.statusText = response.statusText();
    this.#responseHeaders = bounded(response.headers());
  }

  ended(request: Request): void {
    this.timing = request.timing();
    this.durationMs = this.timing.responseEnd < 0 ? Date.now() - this.startedAt : this.timing.responseEnd;
    this.failure = request.failure()?.errorText;
  }

  /** Asked for when somebody reads them: most are never read, and each costs messages to the browser. */
  details(): Promise<RequestDetails> {
    this.#details ??= this.durationMs === undefined ? undefined : this.#read().finally(() => this.#forget());
    return this.#details ?? Promise.resolve(this.#known());
  }

  async #read(): Promise<RequestDetails> {
    const request = this.#request;
    const response = this.#response;
    const known = this.#known();
    if (request === undefined) return known;
    const [headers, responseHeaders, sizes, address] = await Promise.all([
      within(DETAILS_MS, request.allHeaders().then(bounded), known.headers),
      within(DETAILS_MS, response?.allHeaders().then(bounded) ?? Promise.resolve({}), known.responseHeaders),
      within(DETAILS_MS, request.sizes(), known.sizes),
      within(DETAILS_MS, response?.serverAddr() ?? Promise.resolve(null), null),
    ]);
    return { headers, responseHeaders, sizes, serverAddress: address?.ipAddress ?? '' };
  }

  #known(): RequestDetails {
    const length = Number(this.#responseHeaders['content-length'] ?? -1);
    const sizes = { ...NO_SIZES, responseBodySize: Number.isSafeInteger(length) ? length : -1 };
    return { headers: this.#headers, responseHeaders: this.#responseHeaders, sizes, serverAddress: '' };
  }

  #forget(): void {
    this.#request = undefined;
    this.#response = undefined;
  }
}

/** The browser keeps the body of a form that uploads a file on disk, and gives what is no text as bytes. */
function postDataOf(request: Request): string | undefined {
  const data = request.postDataBuffer();
  return data === null ? undefined : data.subarray(0, MAX_POST_DATA).toString('utf8');
}

export function bounded(headers: Headers): Headers {
  let left = MAX_HEADER_CHARACTERS;
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(headers).slice(0, MAX_HEADERS)) {
    const text = value.slice(0, Math.max(0, Math.min(MAX_HEADER, left - name.length)));
    left -= name.length + text.length;
    if (left < 0) break;
    kept.push([name, text]);
  }
  return Object.fromEntries(kept);
}
