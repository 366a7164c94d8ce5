import { onAbort } from './abort.ts';

/** Aborts with a `TimeoutError` after the time, or with the outer signal's reason when that comes first. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly timedOut: boolean;
  /** Starts the time anew, from now on with this length when one is given. */
  refresh(milliseconds?: number): void;
  /** To be called in a `finally`. Aborts what still hangs on the signal, as a watch that its consumer left. */
  end(): void;
}

/**
 * `AbortSignal.any` keeps a trace of each combination in the outer signal for as long as that lives, and ours live as long as
 * the process; `end` lets go of both the timer and the listener.
 */
export function startDeadline(milliseconds: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  let timedOut = false;
  let length = milliseconds;
  const expire = (): void => {
    timedOut = true;
    controller.abort(new DOMException(`no answer within ${length / 1000} s`, 'TimeoutError'));
  };
  let timer = setTimeout(expire, length);
  const letGo = onAbort(outer, () => controller.abort(outer?.reason));
  return {
    signal: controller.signal,
    get timedOut() {
      return timedOut;
    },
    refresh(next = length) {
      // Cheaper than a new timer, for it happens with each event of a watch; and it would revive one that has ended.
      if (next === length) return void timer.refresh();
      clearTimeout(timer);
      length = next;
      timer = setTimeout(expire, length);
    },
    end() {
      clearTimeout(timer);
      letGo();
      controller.abort();
    },
  };
}
