import { randomUUID } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Registry } from 'prom-client';

import { observeRequests } from './http-metrics.ts';
import type { Logger } from './logger.ts';
import { closeWithConnection } from './queued-answers.ts';
import { fullnessOf } from './system-error.ts';
import { createValidatorCompiler, toValidationError } from './validation.ts';

/** How errors look on the wire: problem+json for the control plane, the published envelope for the runtime. */
export interface ErrorFormat {
  readonly mediaType: string;
  body(error: ApiError, context: { readonly path: string; readonly requestId: string }): unknown;
}

export interface ServerOptions {
  readonly log: Logger;
  readonly metrics: Registry;
  readonly errors: ErrorFormat;
  /** Bytes of a JSON body; routes that stream set their own. */
  readonly bodyLimit: number;
  /** Seconds that a request's headers may take to arrive. */
  readonly headersTimeoutSeconds?: number;
}

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** A Fastify app with ids, errors, metrics and the validation door; it listens to nothing yet. */
export function createServer(options: ServerOptions): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = options.log;
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    genReqId: requestIdOf,
    requestIdHeader: false,
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // It would count for hooks at the end as well: programs that get ten seconds to end by themselves would fail the close.
    pluginTimeout: 0,
    http: {
      headersTimeout: (options.headersTimeoutSeconds ?? 15) * 1000,
      requestTimeout: 0,
      connectionsCheckingInterval: 5000,
      maxHeaderSize: 16_384,
    },
  });
  app.server.prependListener('request', (request, response) => closeWithConnection(response, request.socket));
  app.setValidatorCompiler(createValidatorCompiler());
  acceptEmptyJson(app);
  observeRequests(app, options.metrics);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
  });
  const send = (error: ApiError, request: FastifyRequest, reply: FastifyReply) =>
    reply
      .code(error.status)
      .headers(error.headers)
      .type(options.errors.mediaType)
      .send(JSON.stringify(options.errors.body(error, { path: pathOf(request), requestId: request.id })));
  app.setErrorHandler<FastifyError | ApiError>((error, request, reply) => {
    const shown = toApiError(error);
    if (shown.status >= 500)
      request.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'request failed');
    return send(shown, request, reply);
  });
  app.setNotFoundHandler((request, reply) =>
    send(new ApiError('NOT_FOUND', { message: `There is no ${request.method} ${pathOf(request)} here.` }), request, reply),
  );
  return app;
}

/** The path alone: a query may carry a ticket, and nothing that is logged or answered repeats it. */
export function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf('?');
  return end === -1 ? request.url : request.url.slice(0, end);
}

function requestIdOf(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Stock clients send `content-type: application/json` with no body when all arguments are left out. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'ignore');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, {});
    return parse(request, body as string, done);
  });
}

const BY_STATUS = {
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
} as const;

function toApiError(error: FastifyError | ApiError): ApiError {
  if (error instanceof ApiError) return error;
  if (error.validation !== undefined) return toValidationError(error.validation, error.validationContext ?? 'body');
  const fullness = fullnessOf(error);
  if (fullness !== undefined) return fullness;
  const status = error.statusCode ?? 500;
  if (status >= 500)
    return new ApiError('INTERNAL', { message: 'The server met an error that it did not expect.', cause: error });
  return new ApiError(BY_STATUS[status as keyof typeof BY_STATUS] ?? 'BAD_REQUEST', { message: error.message, cause: error });
}
