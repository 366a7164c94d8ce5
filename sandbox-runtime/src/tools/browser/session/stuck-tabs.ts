import { WebSocket } from 'ws';

import { within } from './until.ts';

interface Target {
  readonly id: string;
  readonly type: string;
  readonly url: string;
  readonly webSocketDebuggerUrl?: string;
}

/** A page that does not answer this long is as good as gone; one that only works hard has had its chance. */
const ANSWER_MS = 3000;
const ASK_MS = 5000;

/** Closes tabs that answer nothing and opens others with their addresses, which it returns. */
export async function freeStuckTabs(port: number, signal: AbortSignal): Promise<readonly string[]> {
  const base = `http://127.0.0.1:${port}/json`;
  const ask = (path: string, method: string) =>
    fetch(`${base}/${path}`, { method, signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]) });
  // What Chromium itself says of its tabs.
  const targets = (await (await ask('list', 'GET')).json()) as readonly Target[];
  const pages = targets.filter(({ type }) => type === 'page');
  const alive = await Promise.all(pages.map(({ webSocketDebuggerUrl: url }) => answers(url)));
  const stuck = pages.filter((_, index) => alive[index] === false);
  for (const { id, url } of stuck) {
    // First the new one: without any tab the browser would end.
    await ask(`new?${encodeURIComponent(url)}`, 'PUT');
    await ask(`close/${id}`, 'GET');
  }
  return stuck.map(({ url }) => url);
}

/** One that somebody else debugs alone has no address, and is left to them. */
async function answers(url: string | undefined): Promise<boolean> {
  if (url === undefined) return true;
  const socket = new WebSocket(url);
  const answer = new Promise<boolean>((resolve) => {
    socket.on('open', () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: '1' } })));
    socket.on('message', () => resolve(true));
    // Another client may hold it: that is not for us to judge.
    socket.on('error', () => resolve(true));
  });
  return within(ANSWER_MS, answer, false).finally(() => socket.terminate());
}
