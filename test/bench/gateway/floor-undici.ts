import { createServer } from 'node:http';

import { Pool } from 'undici';

import { publish } from './child.ts';

/** The least that a proxy on undici does: no addressing, no access, no rules for headers. */
const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 64 });
const hopByHop = new Set(['connection', 'keep-alive', 'authorization']);

const server = createServer((request, response) => {
  const headers = withoutHopByHop(request.rawHeaders);
  pool.dispatch(
    // The methods that Node parses are those that undici takes.
    { path: request.url ?? '/', method: request.method as 'GET', headers, body: null },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_, status, headers) =>
        void response.writeHead(status, withoutHopByHop(Object.entries(headers).flat().map(String))),
      onResponseData: (controller, data) => {
        if (response.write(data)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  );
});

function withoutHopByHop(headers: readonly string[]): string[] {
  return headers.filter((_, i) => !hopByHop.has((headers[i - (i % 2)] ?? '').toLowerCase()));
}

server.listen(0, '127.0.0.1', () => publish(server));
