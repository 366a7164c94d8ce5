import { once } from 'node:events';

import { WebSocket } from 'ws';

import { VncViewer } from '../desktop/vnc-viewer.ts';
import type { Client } from '../soak/sandbox.ts';
import { openExtensionHost } from './vscode-client.ts';

export const CYCLED_SERVICES = ['screen', 'browser', 'jupyter-lab', 'code-server'] as const;
export type CycledService = (typeof CYCLED_SERVICES)[number];

export interface UseContext {
  readonly client: Client;
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly turn: number;
}

type Use = (context: UseContext) => Promise<void>;

/** What a person or an agent does with each service, once, leaving behind what they would. */
export const USES: Readonly<Record<CycledService, Use>> = {
  screen: async ({ url, token }) => {
    const viewer = await VncViewer.open(`${url}/websockify`, authorization(token));
    await viewer.count(0);
    viewer.close();
  },
  browser: async ({ client, url, token, turn }) => {
    // As a program that drives it by DevTools; between two calls of the API alone it could be idle.
    const socket = await openSocket(`${url}/cdp`, token);
    await client.json('POST', '/v1/browser/page/navigate', { url: `data:text/html,<title>${turn}</title><p>text` });
    const title = await client.json('POST', '/v1/browser/page/evaluate', { expression: 'document.title' });
    if (title !== String(turn)) throw new Error(`the page has the title ${JSON.stringify(title)} instead of ${turn}`);
    await client.fetch('/v1/browser/screenshot');
    socket.close();
  },
  'jupyter-lab': async ({ client, url, token, turn }) => {
    // The page keeps this one open as long as it is.
    const events = await openSocket(`${url}/jupyter/api/events/subscribe`, token);
    const page = await client.text('/jupyter/lab');
    if (!page.includes('jupyter-config-data')) throw new Error('this is not the page of JupyterLab');
    const { id } = await client.json<{ id: string }>('POST', '/jupyter/api/kernels', { name: 'python3' });
    await runCell(await openSocket(`${url}/jupyter/api/kernels/${id}/channels`, token), turn);
    events.close();
  },
  'code-server': async ({ client, url, token }) => {
    const page = await client.text('/code-server/');
    const [, commit] = /stable-([\da-f]{40})/.exec(page) ?? [];
    if (commit === undefined) throw new Error('this is not the page of VS Code');
    await openExtensionHost(`${url}/code-server/stable-${commit}`, { commit, headers: authorization(token) });
  },
};

const authorization = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

async function openSocket(url: string, token: string | undefined): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers: authorization(token) });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  return socket;
}

/** Runs a cell in the kernel at the other end, and leaves the kernel running. */
async function runCell(socket: WebSocket, turn: number): Promise<void> {
  const header = { msg_id: `turn-${turn}`, msg_type: 'execute_request', username: '', session: 'bench', version: '5.3' };
  const content = { code: `print(${turn} * 2)`, silent: false, store_history: false, allow_stdin: false };
  socket.send(JSON.stringify({ header, parent_header: {}, metadata: {}, channel: 'shell', content }));
  for await (const [data] of frames(socket)) {
    const message = JSON.parse(String(data)) as { readonly msg_type: string; readonly content: { readonly text?: string } };
    if (message.msg_type === 'stream' && message.content.text === `${turn * 2}\n`) return socket.close();
  }
  throw new Error('the kernel hung up before the cell was done');
}

/** The messages of a socket, until it closes. */
async function* frames(socket: WebSocket): AsyncGenerator<readonly unknown[]> {
  const arrived: (readonly unknown[])[] = [];
  let wake: () => void = () => undefined;
  let isClosed = false;
  socket.on('message', (...message: unknown[]) => (arrived.push(message), wake()));
  socket.on('close', () => ((isClosed = true), wake()));
  for (;;) {
    const next = arrived.shift();
    if (next !== undefined) yield next;
    else if (isClosed) return;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}
