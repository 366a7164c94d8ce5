import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { authorityOf, type Endpoint } from './authority.ts';
import { answerHeaders, hasBody, hasTooManyHeaders, requestHeaders } from './headers.ts';
import { targetPath } from './mapping.ts';
import { refusedCredentials, type Outbound } from './outbound.ts';
import { ProxyError, toProxyError } from './proxy-error.ts';
import { refuseRequest } from './refuse.ts';
import { parseAbsoluteForm, type Destination } from './request-target.ts';
import type { ProxyRules } from './rules.ts';
import type { Upstream } from './upstream.ts';

export interface Forwarding {
  readonly rules: ProxyRules;
  readonly outbound: Outbound;
}

/** Passes one plain HTTP request on, and its answer back. Never throws. */
export async function forward(request: IncomingMessage, response: ServerResponse, via: Forwarding): Promise<void> {
  let address = 'The server';
  try {
    if (hasTooManyHeaders(request)) throw new ProxyError(400, 'The request has too many headers.');
    const destination = destinationOf(request);
    const way = wayOf(destination, via.rules);
    address = authorityOf(way.to);
    if (way.upstream !== undefined) via.outbound.refuse(destination);
    const answer = await ask({ request, response, way, destination, outbound: via.outbound });
    if (answer === undefined) return;
    const refusal = refusalOf(answer, way);
    if (refusal !== undefined) {
      answer.destroy();
      throw refusal;
    }
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', answerHeaders(answer));
    await pipeline(answer, response);
  } catch (error) {
    if (!response.destroyed) refuseRequest(response, toProxyError(error, address));
  }
}

function refusalOf(answer: IncomingMessage, { upstream, to }: Way): ProxyError | undefined {
  // A browser would ask the person before it, and pages are loaded by programs.
  if (upstream !== undefined && answer.statusCode === 407) return refusedCredentials(upstream);
  if (!hasTooManyHeaders(answer)) return undefined;
  return new ProxyError(502, `The answer of ${authorityOf(to)} has too many headers.`);
}

function destinationOf({ method, url = '' }: IncomingMessage): Destination {
  // It echoes the request where the last proxy stands, with the credentials for that proxy.
  if (method === 'TRACE') throw new ProxyError(405, 'TRACE is not passed on.');
  const destination = parseAbsoluteForm(url);
  if (destination !== undefined) return destination;
  throw new ProxyError(400, 'This is a forward proxy: it takes http://host/path, and CONNECT host:port for all else.');
}

interface Way {
  readonly to: Endpoint;
  readonly path: string;
  readonly upstream: Upstream | undefined;
}

function wayOf(destination: Destination, rules: ProxyRules): Way {
  const path = destination.path ?? '/';
  const route = rules.route(destination);
  if (route.kind === 'mapping') return { to: route.mapping.target, path: targetPath(route.mapping, path), upstream: undefined };
  if (route.kind === 'direct') return { to: destination, path, upstream: undefined };
  const { upstream } = route;
  return { to: upstream.endpoint, path: `http://${destination.authority}${path}`, upstream };
}

interface Question {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly way: Way;
  readonly destination: Destination;
  readonly outbound: Outbound;
}

/** Methods that may reach a server twice. */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The answer; undefined when the client hung up. */
async function ask(question: Question): Promise<IncomingMessage | undefined> {
  const { request, response, way } = question;
  for (let attempt = 1; ; attempt++) {
    const authorization = way.upstream?.authorization;
    const sent = send(question, authorization);
    const onClose = () => sent.outgoing.destroy();
    response.once('close', onClose);
    const result = await sent.result;
    if (response.destroyed) return undefined;
    const again = !hasBody(request) && attempt === 1;
    if ('error' in result) {
      response.off('close', onClose);
      // A kept connection, which only repeatable methods get, that the server closed just when it was used again.
      if (again && result.wasKept && result.error.code === 'ECONNRESET') continue;
      throw result.error;
    }
    if (result.answer.statusCode === 407 && way.upstream !== undefined) {
      const isOther = await way.upstream.refresh(authorization);
      if (response.destroyed) return undefined;
      if (isOther && again) {
        response.off('close', onClose);
        result.answer.destroy();
        continue;
      }
    }
    return result.answer;
  }
}

type Sent = { readonly answer: IncomingMessage } | { readonly error: NodeJS.ErrnoException; readonly wasKept: boolean };

function send({ request, way, destination, outbound }: Question, authorization: string | undefined) {
  const outgoing = outbound.request({
    to: way.to,
    method: request.method ?? 'GET',
    path: way.path,
    headers: requestHeaders(request, { authority: destination.authority, authorization }),
    mayBeKept: REPEATABLE.has(request.method ?? '') && !hasBody(request),
  });
  const result = new Promise<Sent>((resolve) => {
    outgoing.once('response', (answer) => resolve({ answer }));
    // Stays: a connection may also break once the answer has begun, and then the answer's own stream ends with it.
    outgoing.on('error', (error) => resolve({ error, wasKept: outgoing.reusedSocket }));
    outgoing.once('close', () => resolve({ error: new ProxyError(502, 'The connection was closed.'), wasKept: false }));
  });
  // `pipeline` would destroy the request, and its client's connection with it, before a refusal could be told.
  if (hasBody(request)) request.pipe(outgoing);
  else outgoing.end();
  return { outgoing, result };
}
