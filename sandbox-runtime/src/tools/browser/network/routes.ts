import { ApiError } from '@sandfleet/contract';
import { browserNetworkContract, type NetworkRequest } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';
import type { RouteShorthandOptions } from 'fastify';

import { Slots } from '../../../process/slots.ts';
import { ok } from '../../../server/answers.ts';
import type { Tool, ToolContext } from '../../../tool.ts';
import { toFileError } from '../../file/file-error.ts';
import { resolvePath } from '../../file/workspace-path.ts';
import { writeContent } from '../../file/write.ts';
import type { BrowserSession } from '../browser-session.ts';
import { answerFromBrowser, failure } from '../session/answer.ts';
import { BrowserFailure } from '../session/browser-failure.ts';
import { toHar } from './har.ts';
import { originOf, requireHeaders } from './headers.ts';
import type { LoggedRequest } from './network-log.ts';
import { toAnswer } from './to-answer.ts';

const MAX_ROUTES = 200;
const MAX_SCOPES = 200;
/** A mocked answer of 16 Mi characters. */
const BODY_LIMIT = 40 * 1024 * 1024;
/** Exports hold all requests in the memory as text. */
const EXPORTS = 2;
const WAITING = 8;

const OPTIONS: Readonly<Record<string, RouteShorthandOptions>> = {
  browser_network_add_route: {
    bodyLimit: BODY_LIMIT,
    config: { aliases: { pattern: 'url_pattern' } },
  },
  browser_network_remove_route: { config: { aliases: { pattern: 'url_pattern' } } },
};

export function browserNetworkTool({ app, places }: ToolContext, browser: BrowserSession): Tool {
  const { rules, network } = browser;
  const slots = new Slots(EXPORTS, WAITING);
  const read = async (signal: AbortSignal, requests: readonly LoggedRequest[]): Promise<NetworkRequest[]> =>
    slots.run(signal, () => Promise.all(requests.map(toAnswer)));
  implement(
    app,
    browserNetworkContract,
    {
      browser_network_set_headers: async ({ body }, { signal }) => {
        requireHeaders(body.headers);
        return answerFromBrowser(browser, signal, async () => {
          await rules.setHeaders(body.headers);
          return { headers: body.headers };
        });
      },
      browser_network_set_scoped_headers: async ({ body }, { signal }) => {
        const origin = originOf(body.origin);
        requireHeaders(body.headers);
        return answerFromBrowser(browser, signal, async () => {
          if (rules.scopeCount >= MAX_SCOPES && !rules.hasScope(origin))
            throw new BrowserFailure(`There are headers for ${MAX_SCOPES} origins already; remove some.`);
          await rules.setScopedHeaders(origin, body.headers);
          return { origin, headers: body.headers };
        });
      },
      browser_network_add_route: async ({ body }, { signal }) => {
        const { url_pattern: pattern } = body;
        const answer = answerOf(body);
        return answerFromBrowser(browser, signal, async () => {
          if (rules.routeCount >= MAX_ROUTES && !rules.hasRoute(pattern))
            throw new BrowserFailure(`There are ${MAX_ROUTES} routes already; remove some.`);
          await rules.addRoute(pattern, answer);
          return { url_pattern: pattern, action: typeof answer === 'string' ? answer : 'fulfil' };
        });
      },
      browser_network_remove_route: ({ body }, { signal }) =>
        answerFromBrowser(browser, signal, async () => {
          if (!(await rules.removeRoute(body.url_pattern)))
            throw new BrowserFailure(`There is no route for ${body.url_pattern.slice(0, 200)}`);
          return { url_pattern: body.url_pattern, removed: true };
        }),
      browser_network_get_requests: async ({ query }, { signal }) =>
        ok(await read(signal, network.list(query.filter, query.limit))),
      browser_network_export_har: ({ body }, { signal }) =>
        slots.run(signal, async () => {
          const requests = network.list();
          const content = JSON.stringify(await toHar(requests));
          if (body.save_path === undefined) return ok({ entries: requests.length, content });
          try {
            const path = resolvePath(body.save_path, places, 'write');
            await writeContent(path, content);
            return ok({ entries: requests.length, path });
          } catch (error) {
            return failure<never>(toFileError(error, body.save_path, 'write'));
          }
        }),
    },
    { route: (operationId) => OPTIONS[operationId] ?? {} },
  );
  return { contract: browserNetworkContract, close: async () => {} };
}

interface RouteBody {
  readonly response?: { status?: number; headers?: Record<string, string>; body?: string; content_type?: string };
  readonly abort?: boolean;
  readonly response_body?: unknown;
  readonly response_status?: number;
}

/** Examples send the body of the answer and its status beside the other fields. */
function answerOf({ response, abort, response_body: flatBody, response_status: flatStatus }: RouteBody) {
  if (abort === true) {
    if (response === undefined && flatBody === undefined && flatStatus === undefined) return 'abort';
    const message = 'can’t be given together with abort';
    throw new ApiError('VALIDATION_FAILED', { message, fields: [{ location: ['body', 'response'], message, rule: 'abort' }] });
  }
  if (response === undefined && flatBody === undefined && flatStatus === undefined) return 'continue';
  const { status = flatStatus ?? 200, headers = {}, body, content_type: type } = response ?? {};
  requireHeaders(headers);
  const isText = flatBody === undefined || typeof flatBody === 'string';
  return {
    status,
    headers,
    body: (body === undefined || body === '') && flatBody !== undefined ? textOf(flatBody) : (body ?? ''),
    contentType: type ?? (isText ? 'text/plain' : 'application/json'),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
