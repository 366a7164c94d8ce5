import type { Mode, Surface, TicketView } from '@sandfleet/contract/control-plane';

import { rest } from '../../support/control-plane.ts';
import { TestSandbox } from '../../support/sandbox.ts';
import type { SubdomainGateway } from './subdomain-gateway.ts';

export interface PageOptions {
  readonly mode?: Mode;
  /** Of a preview. */
  readonly port?: number;
}

/** A sandbox as those see it who are outside: by its URL and what opens that. */
export interface Place {
  readonly name: string;
  /** As clients and browsers use it, without a slash at its end. */
  readonly url: string;
  /** Names in its URLs that only a browser of these tests knows; `withHostNames` gives them to other programs. */
  readonly hostNames: readonly string[];
  /** Undefined where nobody is asked who they are. */
  readonly token: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** A URL that opens the page of a surface in a browser, once. */
  pageUrl(surface: Surface, options?: PageOptions): Promise<string>;
  /** `data` of an answer in the envelope; asked for by path, whatever `url` is. */
  call<T>(path: string, body?: unknown): Promise<T>;
  remove(): Promise<void>;
}

const PAGES: Readonly<Partial<Record<Surface, string>>> = {
  vnc: 'vnc/index.html?autoconnect=true&resize=scale',
  codeServer: 'code-server/',
  jupyter: 'jupyter/',
  terminal: 'terminal',
};

/**
 * The runtime at SANDBOX_BASE_URL, which asks nobody who they are, or else a sandbox of the cluster. The first is for those who
 * work on these tests: nothing of it is served by a gateway.
 */
export async function openPlace(): Promise<Place> {
  const local = process.env['SANDBOX_BASE_URL'];
  return local === undefined ? sandboxPlace(await TestSandbox.create()) : localPlace(local.replace(/\/$/, ''));
}

function sandboxPlace(sandbox: TestSandbox): Place {
  const url = sandbox.view.url.replace(/\/$/, '');
  const headers = { authorization: `Bearer ${sandbox.token}` };
  return {
    name: 'path',
    url,
    hostNames: [],
    token: sandbox.token,
    headers,
    pageUrl: async (surface, options) => (await ticket(sandbox.id, surface, options)).url,
    call: (path, body) => ask(url, headers, path, body),
    remove: async () => void (await sandbox.delete()),
  };
}

function localPlace(url: string): Place {
  const view = (page: string) => `${page}${page.includes('?') ? '&' : '?'}view_only=1`;
  return {
    name: 'local',
    url,
    hostNames: [],
    token: undefined,
    headers: {},
    pageUrl: async (surface, { mode, port } = {}) => {
      const page = `${url}/${surface === 'preview' ? `proxy/${port}/` : (PAGES[surface] ?? '')}`;
      return mode === 'view' ? view(page) : page;
    },
    call: (path, body) => ask(url, {}, path, body),
    remove: async () => {},
  };
}

/** The same sandbox under host names of its own. */
export function underSubdomain(place: Place, gateway: SubdomainGateway): Place {
  const { pathname } = new URL(place.url);
  const id = pathname.replace(/^\/s\//, '');
  const url = gateway.origin(id);
  return {
    ...place,
    name: 'subdomain',
    url,
    hostNames: [new URL(url).hostname],
    pageUrl: async (surface, options = {}) => {
      const page = new URL(await place.pageUrl(surface, options));
      const isPreview = surface === 'preview';
      const rest = page.pathname.slice(`${pathname}${isPreview ? `/proxy/${options.port}` : ''}`.length);
      return `${gateway.origin(isPreview ? `${options.port}-${id}` : id)}${rest}${page.search}`;
    },
  };
}

async function ticket(id: string, surface: Surface, options: PageOptions = {}): Promise<TicketView> {
  const body = { surface, ttlSeconds: 60, ...options };
  const answer = await rest<TicketView>('POST', `/v1/sandboxes/${id}/tickets`, { body });
  if (answer.status >= 300) throw new Error(`no ticket for ${surface}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function ask<T>(url: string, headers: Readonly<Record<string, string>>, path: string, body?: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // The shape is what the test then asserts on.
  const answer = (response.ok ? JSON.parse(text) : {}) as { readonly success?: boolean; readonly data?: T };
  if (answer.success !== true) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 500)}`);
  return answer.data as T;
}
