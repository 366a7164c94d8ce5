import { Script } from 'node:vm';

import type { CDPSession } from 'playwright-core';

import { cdpOf } from './cdp.ts';
import { SERIALIZE_SOURCE } from './in-page/serialize-source.ts';
import { PageError } from './page-error.ts';
import type { PageTurn } from './run-on-page.ts';

type Answer = Awaited<ReturnType<typeof sendEvaluate>>;
type Exception = NonNullable<Answer['exceptionDetails']>;

/** Characters of JSON, about. */
export const MAX_RESULT = 1_000_000;
const MAX_MESSAGE = 4000;
/** To compile more only to see whether it compiles costs more than it is worth. */
const MAX_LITERAL = 100_000;
const SIDE_EFFECT = /^EvalError: Possible side-effect/;
const LOST = 'The page went to another document while the code ran; code that may change something is not run again.';

export interface Evaluated {
  readonly value: unknown;
  /** There was more than an answer holds. */
  readonly cut: boolean;
}

interface Code {
  readonly expression: string;
  readonly seconds: number;
  /** It has begun in a document that is gone: what it did there is done. */
  readonly again?: boolean;
}

/** Runs code of the caller in the page. Code that does not end in time is stopped, and the page goes on without it. */
export async function evaluateOnPage(turn: PageTurn, { expression, seconds, again = false }: Code): Promise<Evaluated> {
  const session = await cdpOf(turn.page);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new PageError(`The code did not end within ${seconds} seconds and was given up.`));
    timer = setTimeout(giveUp, turn.left());
  });
  const task = evaluate(session, expression, again);
  task.catch(() => {});
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function evaluate(session: CDPSession, expression: string, again: boolean): Promise<Evaluated> {
  let answer = await sendEvaluate(session, isObjectLiteral(expression) ? `(${expression})` : expression, again);
  // Written as the body of a function, of which only the result is missing.
  if (descriptionOf(answer.exceptionDetails).startsWith('SyntaxError: Illegal return statement'))
    answer = await sendEvaluate(session, `(async () => {\n${expression}\n})()`, again);
  if (again && SIDE_EFFECT.test(descriptionOf(answer.exceptionDetails))) throw new PageError(LOST);
  if (answer.exceptionDetails !== undefined) throw thrown(answer.exceptionDetails);
  return serialize(session, answer.result);
}

/** As the console of the developer tools runs it: await at the top, and `const` that may be said again. */
const sendEvaluate = (session: CDPSession, expression: string, again: boolean) =>
  session.send('Runtime.evaluate', {
    expression,
    replMode: true,
    awaitPromise: true,
    userGesture: true,
    // What has run in the document before may have done its work there: only what merely looks runs in the next as well.
    throwOnSideEffect: again,
  });

async function serialize(session: CDPSession, value: Answer['result']): Promise<Evaluated> {
  if (value.objectId === undefined) return primitive(value);
  try {
    const { result, exceptionDetails } = await session.send('Runtime.callFunctionOn', {
      functionDeclaration: SERIALIZE_SOURCE,
      objectId: value.objectId,
      arguments: [{ objectId: value.objectId }, { value: MAX_RESULT }],
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (exceptionDetails !== undefined) throw thrown(exceptionDetails);
    return parse(result.value);
  } finally {
    void session.send('Runtime.releaseObject', { objectId: value.objectId }).catch(() => {});
  }
}

function primitive({ type, value, unserializableValue }: Answer['result']): Evaluated {
  // `12n`; of NaN, Infinity and -0, JSON knows the last alone.
  if (type === 'bigint') return shorten(unserializableValue?.slice(0, -1) ?? '');
  if (unserializableValue !== undefined) return { value: unserializableValue === '-0' ? 0 : null, cut: false };
  return typeof value === 'string' ? shorten(value) : { value: value ?? null, cut: false };
}

const shorten = (text: string): Evaluated => ({ value: text.slice(0, MAX_RESULT), cut: text.length > MAX_RESULT });

function parse(text: unknown): Evaluated {
  // A page may have put its own functions in the place of those that the serializer uses.
  if (typeof text !== 'string' || text.length > MAX_RESULT * 8) throw new PageError('The page gave a result that is no JSON.');
  try {
    const { value, cut } = JSON.parse(text) as { value?: unknown; cut?: unknown };
    return { value: value ?? null, cut: cut === true };
  } catch (error) {
    throw new PageError('The page gave a result that is no JSON.', { cause: error });
  }
}

/** `{ a: 1 }` is a block with a label to JavaScript; whoever sends it as an expression means the object. */
function isObjectLiteral(expression: string): boolean {
  const text = expression.trim();
  if (!text.startsWith('{') || !text.endsWith('}') || text.length > MAX_LITERAL) return false;
  try {
    // Compiled alone, never run: the code belongs into the page.
    return new Script(`async () => (${text})`) instanceof Script;
  } catch {
    return false;
  }
}

const descriptionOf = (details: Exception | undefined): string => details?.exception?.description ?? '';

function thrown(details: Exception): PageError {
  const { exception, text } = details;
  if (/Execution was terminated/.test(`${text} ${exception?.description ?? ''}`))
    return new PageError('The code was stopped: it did not end in time.');
  const value = exception?.description ?? (exception?.value === undefined ? text : String(exception.value));
  return new PageError(`The code threw ${value}`.slice(0, MAX_MESSAGE));
}
