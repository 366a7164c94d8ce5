import type { Command } from './command.ts';

export interface WaitOptions {
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Waits until a command has come so far, as long as its caller wants to. The command goes on either way. */
export async function waitUntil(
  command: Command,
  isEnough: () => boolean,
  { timeoutSeconds, signal }: WaitOptions,
): Promise<void> {
  if (isEnough() || signal?.aborted || timeoutSeconds === 0) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      unwatch();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = timeoutSeconds === undefined ? undefined : setTimeout(finish, timeoutSeconds * 1000);
    const unwatch = command.watch(() => {
      if (isEnough()) finish();
    });
    signal?.addEventListener('abort', finish, { once: true });
  });
}
