import { WebSocket } from 'ws';

interface Target {
  readonly id: string;
  readonly type: string;
  readonly webSocketDebuggerUrl?: string;
}

const LIST_MS = 5000;
/** What the tab in front gets: its scripts may take their time over each key. */
const FRONT_MS = 15_000;
/** Tabs behind have no keyboard; one that hangs must not keep the others. */
const BEHIND_MS = 1500;
const MAX_TARGETS = 64;

/**
 * The next image of the page is made behind all that came to it before, keys and what they do included: input goes the same way
 * first. A page without the keyboard has nothing to be waited for.
 */
const NEXT_IMAGE = `document.hasFocus() && document.visibilityState === 'visible'
  ? new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  : undefined`;

/**
 * Resolves once the page that has the keyboard has done what the keys up to now make it do. The browser says that it is there
 * when it has handed a key on to the page, which pastes when it comes to it. A page that hangs is given up after a while.
 */
export async function settledPages(devtoolsPort: number, signal: AbortSignal): Promise<void> {
  const targets = await targetsOf(devtoolsPort, signal);
  const front = targets.find(({ type }) => type === 'page');
  await Promise.all(targets.map((target) => settled(target, target === front ? FRONT_MS : BEHIND_MS, signal)));
}

/** The pages, that which was used last first, and the frames of other sites. None when the browser does not run. */
async function targetsOf(port: number, signal: AbortSignal): Promise<readonly Target[]> {
  try {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
    const response = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: ended });
    // What Chromium itself says of its targets.
    const all = (await response.json()) as readonly Target[];
    return all.filter(({ type }) => type === 'page' || type === 'iframe').slice(0, MAX_TARGETS);
  } catch {
    return [];
  }
}

/** Never fails: one that is gone, or that somebody else debugs alone, can't be asked. */
async function settled({ id, webSocketDebuggerUrl: url }: Target, limitMs: number, signal: AbortSignal): Promise<void> {
  if (url === undefined || !URL.canParse(url) || signal.aborted) return;
  const socket = new WebSocket(url);
  const leave = () => socket.terminate();
  const timer = setTimeout(leave, limitMs);
  signal.addEventListener('abort', leave, { once: true });
  const ask = (number: number, method: string, params: object) => socket.send(JSON.stringify({ id: number, method, params }));
  try {
    await new Promise<void>((resolve) => {
      socket.on('error', () => undefined).on('close', () => resolve());
      // In a world of its own, where the page has not put functions of its own in the place of the browser's.
      socket.on('open', () => ask(1, 'Page.createIsolatedWorld', { frameId: id }));
      socket.on('message', (data: Buffer) => {
        const world = /^\{"id":1,"result":\{"executionContextId":(\d+)\}\}$/.exec(data.toString('latin1'))?.[1];
        if (world === undefined) return resolve();
        ask(2, 'Runtime.evaluate', { expression: NEXT_IMAGE, awaitPromise: true, contextId: Number(world) });
      });
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    socket.terminate();
  }
}
