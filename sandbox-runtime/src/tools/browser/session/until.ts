/** Waits for `task`, but not beyond the signal; what the task does afterwards is its own matter. */
export function until<T>(signal: AbortSignal, task: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = () => reject(signal.reason as Error);
    if (signal.aborted) {
      task.catch(() => undefined);
      return leave();
    }
    signal.addEventListener('abort', leave, { once: true });
    task.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** The value of `task`, or `otherwise` when it fails or takes longer. */
export async function within<T, F>(milliseconds: number, task: Promise<T>, otherwise: F): Promise<T | F> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<F>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), milliseconds);
  });
  const safe = task.catch(() => otherwise);
  return Promise.race([safe, late]).finally(() => clearTimeout(timer));
}
