import type { ServiceState } from './surfaces.ts';

const POLL_MS = 5000;

export interface ListeningPort {
  readonly port: number;
  readonly process: string | null;
  /** From the root of the sandbox, with a slash before it. */
  readonly path: string;
}

export interface WatchOptions {
  onServices(services: readonly ServiceState[]): void;
  onPorts(ports: readonly ListeningPort[]): void;
  /** Undefined when all is well. */
  onProblem(words: string | undefined): void;
}

/** Looks at the sandbox every few seconds while somebody looks at the page, and not at all else. */
export function watch({ onServices, onPorts, onProblem }: WatchOptions): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLooking = false;
  const look = async () => {
    clearTimeout(timer);
    if (document.hidden || isLooking) return;
    isLooking = true;
    try {
      onServices(await dataOf<readonly ServiceState[]>('v1/services'));
      onPorts((await dataOf<{ readonly ports: readonly ListeningPort[] }>('v1/preview/ports')).ports);
      onProblem(undefined);
    } catch (error) {
      onProblem(error instanceof Refusal ? error.message : 'The sandbox does not answer. Asking again.');
    } finally {
      isLooking = false;
      timer = setTimeout(() => void look(), POLL_MS);
    }
  };
  document.addEventListener('visibilitychange', () => void look());
  addEventListener('online', () => void look());
  void look();
}

class Refusal extends Error {}

/** Of an answer of the API, which the page and the server know alike: they are one build. */
export async function dataOf<T>(path: string): Promise<T> {
  const answer = await fetch(path, { cache: 'no-store' });
  if (answer.status === 401 || answer.status === 403)
    throw new Refusal('Access to this sandbox has ended. Open it again from where you came.');
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return ((await answer.json()) as { readonly data: T }).data;
}
