import { Agent, createServer, request as send } from 'node:http';
import { pipeline } from 'node:stream';

import { publish } from './child.ts';

/** The least that a proxy on Node's own client does. */
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const port = Number(process.argv[2]);
const hopByHop = new Set(['connection', 'keep-alive', 'authorization']);

const server = createServer((request, response) => {
  const headers = withoutHopByHop(request.rawHeaders);
  const upstream = send({ host: '127.0.0.1', port, path: request.url, method: request.method, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, withoutHopByHop(answer.rawHeaders));
    pipeline(answer, response, () => undefined);
  });
  upstream.on('error', () => response.destroy()).end();
});

function withoutHopByHop(headers: readonly string[]): string[] {
  return headers.filter((_, i) => !hopByHop.has((headers[i - (i % 2)] ?? '').toLowerCase()));
}

server.listen(0, '127.0.0.1', () => publish(server));
