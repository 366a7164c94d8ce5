import { ApiError } from '@sandfleet/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { CarryError, failureProblem } from './failure.ts';
import { sendProblem } from './page.ts';

/**
 * Answers for a program that did not: `name` says who it is. What is no failure of a program is thrown on, and a caller that went
 * away gets nothing.
 */
export function answerFailure(error: unknown, { request, reply, name }: FailureContext): FastifyReply {
  if (reply.raw.destroyed) return reply.hijack();
  if (error instanceof CarryError) {
    request.log.debug({ err: error, name }, 'a program inside did not answer');
    return sendProblem(request, reply, { error: failureProblem(error, name), title: `${name} does not answer` });
  }
  if (error instanceof ApiError) return sendProblem(request, reply, { error, title: `${name} is not available` });
  throw error;
}

export interface FailureContext {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly name: string;
}
