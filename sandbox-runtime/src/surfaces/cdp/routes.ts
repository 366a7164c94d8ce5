import { ApiError } from '@sandfleet/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { asksForWebSocket, WEB_SOCKET } from '../../server/upgrade.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { answerFailure } from '../carry/answer-failure.ts';
import type { Carrier } from '../carry/carrier.ts';
import { hangUpSignal } from '../carry/hang-up.ts';
import { outsideOf } from '../carry/outside.ts';
import { splitTarget } from '../carry/passage.ts';
import { stripQuery } from '../../server/auth/strip-credentials.ts';
import { askDevtools, parseAnswer } from './devtools.ts';
import { answerOutside, browserIdOf } from './discovery.ts';

type Base = '' | '/cdp';

/** Ids of targets and browsers: nothing that could be read as another path. */
const ID = /^[\w-]{1,128}$/;

/** DevTools of the one browser, which starts for whoever asks and stays for as long as somebody is connected. */
export function cdpTool(context: ToolContext, carrier: Carrier): Tool {
  const devtools = new Devtools(context, carrier);
  for (const base of ['', '/cdp'] as const) addDiscovery(context, devtools, base);
  addSockets(context, devtools);
  return { contract: {}, close: async () => carrier.close() };
}

function addDiscovery({ app }: ToolContext, devtools: Devtools, base: Base): void {
  const ask = (method: 'GET' | 'PUT', url: string, path: (request: FastifyRequest) => string) =>
    app.route({
      method,
      url: `${base}${url}`,
      exposeHeadRoute: false,
      config: { surface: 'cdp' },
      handler: (request, reply) => devtools.discover(request, reply, { method, path: path(request), base }),
    });
  // Playwright asks with a slash at the end.
  for (const slash of ['', '/']) {
    ask('GET', `/json${slash}`, () => '/json/list');
    for (const name of ['version', 'list', 'protocol']) ask('GET', `/json/${name}${slash}`, () => `/json/${name}`);
    ask('PUT', `/json/new${slash}`, (request) => `/json/new${stripQuery(splitTarget(request.raw.url ?? '').query)}`);
  }
  for (const name of ['activate', 'close'])
    for (const method of ['GET', 'PUT'] as const) ask(method, `/json/${name}/:id`, (request) => `/json/${name}/${idOf(request)}`);
}

function addSockets({ app }: ToolContext, devtools: Devtools): void {
  const socket = (url: string, connect: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) =>
    app.get(url, { config: { ...WEB_SOCKET, surface: 'cdp' }, exposeHeadRoute: false }, connect);
  for (const url of ['/cdp', '/cdp/']) socket(url, (request, reply) => devtools.connect(request, reply, { kind: 'browser' }));
  for (const base of ['', '/cdp']) {
    for (const kind of ['browser', 'page'] as const)
      socket(`${base}/devtools/${kind}/:id`, (request, reply) => devtools.connect(request, reply, { kind, id: idOf(request) }));
  }
}

/** The others answer with a text, also where Chromium calls that JSON, or with the protocol, which has no URLs. */
const hasSockets = (path: string): boolean => /^\/json\/(?:version|list|new)(?:\?|$)/.test(path);

function idOf(request: FastifyRequest): string {
  // The route has the parameter.
  const { id } = request.params as { readonly id: string };
  if (!ID.test(id)) throw new ApiError('NOT_FOUND', { message: 'This is no id of a tab or a browser; see /json/list.' });
  return id;
}

interface Discovery {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly base: Base;
}

type Connection = { readonly kind: 'browser'; readonly id?: string } | { readonly kind: 'page'; readonly id: string };

class Devtools {
  readonly #context: ToolContext;
  readonly #carrier: Carrier;

  constructor(context: ToolContext, carrier: Carrier) {
    this.#context = context;
    this.#carrier = carrier;
  }

  async discover(request: FastifyRequest, reply: FastifyReply, { method, path, base }: Discovery): Promise<unknown> {
    const signal = hangUpSignal(request, reply);
    try {
      const lease = await this.#browser.lease(signal);
      try {
        const answer = await askDevtools(this.#port, { method, path, signal });
        reply.code(answer.status).header('cache-control', 'no-store').type(answer.type);
        if (answer.status !== 200 || !hasSockets(path)) return reply.send(answer.body);
        return reply.send(answerOutside(parseAnswer(answer), { outside: outsideOf(request.raw.headers), base }));
      } finally {
        lease.release();
      }
    } catch (error) {
      return answerFailure(error, { request, reply, name: 'The browser' });
    }
  }

  async connect(request: FastifyRequest, reply: FastifyReply, connection: Connection): Promise<unknown> {
    // Not even a start of the browser for whoever came by the wrong way.
    if (!asksForWebSocket(request))
      throw new ApiError('BAD_REQUEST', { message: 'This is a WebSocket: ask for it with Upgrade: websocket.' });
    const signal = hangUpSignal(request, reply);
    try {
      const lease = await this.#browser.lease(signal);
      try {
        const path = `/devtools/${connection.kind}/${await this.#idOf(connection, signal)}`;
        await this.#carrier.carry(request, reply, {
          target: { port: this.#port },
          path,
          query: '',
          prefix: '',
          host: `127.0.0.1:${this.#port}`,
          // Chromium refuses every Origin; the server has looked at the caller's.
          set: { origin: undefined, referer: undefined, cookie: undefined },
          ended: lease.ended,
        });
      } finally {
        lease.release();
      }
    } catch (error) {
      return answerFailure(error, { request, reply, name: 'The browser' });
    }
    return reply;
  }

  /** @throws ApiError NOT_FOUND for the id of a browser that has ended */
  async #idOf(connection: Connection, signal: AbortSignal): Promise<string> {
    if (connection.kind === 'page') return connection.id;
    const current = browserIdOf(parseAnswer(await askDevtools(this.#port, { method: 'GET', path: '/json/version', signal })));
    if (connection.id === undefined || connection.id === current) return current;
    throw new ApiError('NOT_FOUND', {
      message: 'That browser has ended and another one runs now: connect to /cdp, or read its URL from /json/version again.',
    });
  }

  get #browser() {
    return this.#context.services.get('browser');
  }

  get #port(): number {
    return this.#context.services.ports.devtools;
  }
}
