import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { Registry } from 'prom-client';

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Registry;
  /** Named checks; all must hold for `/readyz` to answer 200. */
  readonly ready: Readonly<Record<string, () => boolean>>;
}

/** `/healthz`, `/readyz` (one line a check) and `/metrics`, on a port of their own that no stranger reaches. */
export async function startAdminServer(options: AdminOptions, signal: AbortSignal): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(options, request, response).catch(() => response.destroy());
  });
  signal.addEventListener('abort', () => server.close(), { once: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return server;
}

async function answer({ metrics, ready }: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?')[0];
  if (path === '/healthz') return send(response, 200, 'ok\n');
  if (path === '/metrics') return send(response, 200, await metrics.metrics(), metrics.contentType);
  if (path !== '/readyz') return send(response, 404, 'There are /healthz, /readyz and /metrics here.\n');
  const checks = Object.entries(ready).map(([name, check]) => ({ name, ok: check() }));
  const text = checks.map(({ name, ok }) => `${ok ? '[+]' : '[-]'} ${name}\n`).join('');
  return send(response, checks.every(({ ok }) => ok) ? 200 : 503, text);
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
