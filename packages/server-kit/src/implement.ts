import type { Contract, Input, Operation, Output } from '@sandfleet/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';

export interface RequestContext {
  readonly request: FastifyRequest;
  /** For headers and for raw answers; a handler that sends itself returns nothing and its operation has `produces`. */
  readonly reply: FastifyReply;
  /** Aborts when the client hangs up. */
  readonly signal: AbortSignal;
}

export type Handler<O extends Operation> = (input: Input<O>, context: RequestContext) => Promise<Output<O>> | Output<O>;
export type Handlers<C extends Contract> = { readonly [K in keyof C]: Handler<C[K]> };

export interface ImplementOptions {
  /** Extra Fastify route options by operation: body limits, hooks. */
  route?(operationId: string, operation: Operation): RouteShorthandOptions;
}

/** Mounts every operation of a contract. It does not compile while a handler is missing or answers with another shape. */
export function implement<C extends Contract>(
  app: FastifyInstance,
  contract: C,
  handlers: Handlers<C>,
  options: ImplementOptions = {},
): void {
  for (const [operationId, operation] of Object.entries(contract)) {
    // The mapped type ties each handler to its operation; inside this loop both have lost their key.
    const handler = handlers[operationId] as Handler<Operation>;
    const bodyOptional = operation.bodyOptional === true;
    app.route({
      ...options.route?.(operationId, operation),
      method: operation.method,
      url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      schema: schemaOf(operation),
      ...(bodyOptional ? { preValidation: async (request: FastifyRequest) => void (request.body ??= {}) } : {}),
      handler: (request, reply) => answer(operation, handler, request, reply),
    });
  }
}

async function answer(
  operation: Operation,
  handler: Handler<Operation>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const input = { params: request.params, query: request.query, body: request.body } as Input<Operation>;
  const output = await handler(input, { request, reply, signal: signalOf(request, reply) });
  if (reply.sent || operation.produces !== undefined) return reply;
  reply.code(operation.status ?? 200);
  return operation.status === 204 ? null : output;
}

function schemaOf(operation: Operation): Record<string, unknown> {
  return {
    ...(operation.params === undefined ? {} : { params: operation.params }),
    ...(operation.querystring === undefined ? {} : { querystring: operation.querystring }),
    ...(operation.body === undefined || operation.consumes !== undefined ? {} : { body: operation.body }),
  };
}

/** The answer's stream closes early when the client hangs up; the request's own `close` also comes after a normal end. */
function signalOf(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the client hung up', { cause: request.id }));
  });
  return controller.signal;
}
