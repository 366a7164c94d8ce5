import type { ShellStatus } from '@sandfleet/contract/runtime';

import type { Command } from './command.ts';

export interface WaitOptions {
  readonly timeoutSeconds?: number | undefined;
  /** Seconds of silence after which the wait is over. */
  readonly noChangeSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Waits for a command, as long as its caller wants to, and tells the state to answer with. The command itself goes on. */
export async function waitForCommand(
  command: Command,
  { timeoutSeconds, noChangeSeconds, signal }: WaitOptions,
): Promise<ShellStatus> {
  if (command.isOver) return command.status;
  // Its event came before anybody listened.
  if (signal?.aborted) return 'running';
  return new Promise((resolve) => {
    const timers = new Set<NodeJS.Timeout>();
    const finish = (status: ShellStatus) => {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(status);
    };
    const onAbort = () => finish('running');
    const after = (milliseconds: number, run: () => void) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, milliseconds);
      timers.add(timer);
    };
    const watchSilence = (limit: number) => {
      const left = command.lastOutputAt + limit - Date.now();
      if (left <= 0) return finish('no_change_timeout');
      after(left, () => watchSilence(limit));
    };
    void command.ended.then(() => finish(command.status));
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutSeconds !== undefined) after(timeoutSeconds * 1000, () => finish('running'));
    if (noChangeSeconds !== undefined) void command.started.then(() => watchSilence(noChangeSeconds * 1000));
  });
}
