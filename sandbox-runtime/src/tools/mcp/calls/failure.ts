import { asList, asObject, type Arguments } from '../catalog/tool-definition.ts';

/** Words for the model when an operation failed; undefined when it did not. */
export function failureOf(status: number, answer: Arguments): Error | undefined {
  if (status < 400 && answer['success'] !== false) return undefined;
  if (status === 422) return new Error(`The arguments were refused: ${refusals(answer)}`);
  const message = typeof answer['message'] === 'string' ? answer['message'] : `The call failed with status ${status}.`;
  const detail = asObject(answer['data'])['message'];
  return new Error(typeof detail === 'string' && !message.includes(detail) ? `${message} ${detail}` : message);
}

const refusals = (answer: Arguments): string =>
  asList(answer['detail'])
    .map(asObject)
    .map(({ loc, msg }) => `${asList(loc).slice(1).join('.') || 'arguments'} ${msg}`)
    .join('; ');
