import type { Operation } from '@sandfleet/contract';
import type { FastifyInstance } from 'fastify';

import { placesOf, type Place } from '../catalog/input-schema.ts';
import { asObject, type Answer, type Arguments } from '../catalog/tool-definition.ts';
import { failureOf } from './failure.ts';
import type { Caller } from './caller.ts';
import type { InnerAborts } from './inner-aborts.ts';
import { runShell, SHELL_EXEC } from './shell-events.ts';

/** Calls an operation of the runtime with arguments; rejects with words for the model when it fails. */
export type InnerCall = (operation: string, args: Arguments) => Promise<Answer>;

/** What came back from the runtime itself. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

export interface InnerCallsOptions {
  readonly app: FastifyInstance;
  readonly aborts: InnerAborts;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** Told what a shell command writes. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

/**
 * The operations of the runtime, as the caller itself would call them over HTTP: through the guard, the door and the limits of
 * each, without a socket.
 */
export class InnerCalls {
  readonly #options: InnerCallsOptions;
  readonly hints: string[] = [];

  constructor(options: InnerCallsOptions) {
    this.#options = options;
  }

  readonly call: InnerCall = async (operation, args) => this.json(await this.send(operation, args));

  /** @throws Error when the answer is a failure */
  json({ status, body }: RawAnswer): Answer {
    const answer = parsed(body);
    const failure = failureOf(status, answer);
    if (failure !== undefined) throw failure;
    if (typeof answer['hint'] === 'string') this.hints.push(answer['hint']);
    return answer;
  }

  async send(key: string, args: Arguments): Promise<RawAnswer> {
    const { app, aborts, operations, caller, signal, onOutput } = this.#options;
    const operation = operations.get(key);
    if (operation === undefined) throw new Error(`This sandbox has no ${key}.`);
    return aborts.run(signal, async (extra) => {
      const request = requestOf(operation, args, caller, extra);
      if (onOutput !== undefined && key === SHELL_EXEC) return runShell(app, { request, onOutput });
      const { statusCode, headers, rawPayload } = await app.inject(request);
      return { status: statusCode, headers, body: rawPayload };
    });
  }
}

export type InnerRequest = ReturnType<typeof requestOf>;

function requestOf(operation: Operation, args: Arguments, caller: Caller, extra: Readonly<Record<string, string>>) {
  const places = placesOf(operation);
  const at = (place: Place) => Object.entries(args).filter(([name, value]) => value !== undefined && places.get(name) === place);
  const body = Object.fromEntries(at('body'));
  const query = new URLSearchParams(
    at('query').map(([name, value]): [string, string] => [name, textOfParameter(value)]),
  ).toString();
  const path = at('params').reduce(
    (path, [name, value]) => path.replaceAll(`{${name}}`, () => encodeURIComponent(textOfParameter(value))),
    operation.path,
  );
  return {
    method: operation.method,
    url: query === '' ? path : `${path}?${query}`,
    headers: { ...caller.headers(), ...extra, ...(operation.body === undefined ? {} : { 'content-type': 'application/json' }) },
    remoteAddress: caller.address,
    ...(operation.body === undefined ? {} : { payload: JSON.stringify(body) }),
  };
}

/** Half a surrogate pair has no encoding in a URL. */
const textOfParameter = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();

function parsed(body: Buffer): Arguments {
  try {
    return asObject(JSON.parse(body.toString('utf8')));
  } catch {
    return {};
  }
}
