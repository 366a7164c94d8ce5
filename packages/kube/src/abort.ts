import { setMaxListeners } from 'node:events';

/**
 * Calls back when the signal aborts, at once when it has; gives a function that lets go. One signal serves all calls of a
 * process, so many listeners are no leak: Node would warn from the eleventh on.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return () => undefined;
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  setMaxListeners(0, signal);
  signal.addEventListener('abort', callback, { once: true });
  return () => signal.removeEventListener('abort', callback);
}
