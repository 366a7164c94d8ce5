import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import type { DnsOverHttps } from './dns-over-https.ts';
import { ForwardProxy } from './forward-proxy.ts';
import { initialRules } from './initial-rules.ts';
import { ProxyRules } from './rules.ts';

/** What a server was asked, as it answers it. */
export interface Asked {
  readonly server: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const NOT_ASKED: Asked = { server: 'none', method: '', url: '', headers: {}, body: '' };

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly server: Server | TcpServer;
  readonly sockets: ReadonlySet<Socket>;
}

export async function listen(server: Server | TcpServer): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    server,
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server that answers with what it was asked. */
export const echoServer = (name: string): Promise<TestServer> =>
  listen(
    createServer((request, response) => {
      void text(request).then((body) => {
        const { method = '', url = '', headers } = request;
        response.setHeader('content-type', 'application/json');
        response.setHeader('set-cookie', ['a=1', 'b=2']);
        response.end(JSON.stringify({ server: name, method, url, headers, body }));
      });
    }),
  );

/** A server that sends the same bytes to everybody and then ends. */
export const bytesServer = (bytes: string): Promise<TestServer> =>
  listen(createTcpServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(bytes))));

export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  readonly rules: ProxyRules;
  readonly proxy: ForwardProxy;
  /** GETs an absolute URL through the proxy. */
  get(url: string, options?: GetOptions): Promise<Got>;
  /** Sends bytes and gives all that comes back until the proxy closes the connection, or until `enough` is in it. */
  send(bytes: string, enough?: RegExp): Promise<string>;
}

export interface GetOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The body as what an echo server was asked. */
  readonly asked: Asked;
}

export interface TestProxyOptions {
  readonly map?: readonly string[];
  readonly exclude?: readonly string[];
  readonly include?: readonly string[];
  readonly server?: string;
  readonly own?: readonly number[];
  readonly connectMs?: number;
  readonly idleMs?: number;
  readonly maxConnections?: number;
  readonly dnsOverHttps?: DnsOverHttps;
}

export async function testProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const { map = [], exclude = [], include = [], own = [], connectMs = 20_000, idleMs = 60_000, maxConnections = 64 } = options;
  const config = {
    PROXY_MAP: [...map],
    PROXY_EXCLUDE: [...exclude],
    PROXY_INCLUDE: [...include],
    ...(options.server === undefined ? {} : { PROXY_SERVER: options.server }),
  };
  const rules = new ProxyRules(initialRules(config, () => false));
  const proxy = new ForwardProxy({
    port: 0,
    rules,
    isOwnPort: (port) => own.includes(port),
    dnsOverHttps: options.dnsOverHttps,
    limits: { connectMs, idleMs, maxHeaderBytes: 64 * 1024, maxConnections },
  });
  const port = await proxy.start();
  return {
    port,
    rules,
    proxy,
    get: (url, options) => getThrough(port, url, options),
    send: (bytes, enough) => exchange(port, bytes, enough),
    [Symbol.asyncDispose]: () => proxy.close(),
  };
}

function getThrough(port: number, url: string, { method = 'GET', headers = {}, body }: GetOptions = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(url);
    const options = { host: '127.0.0.1', port, method, path: url, headers: { host, ...headers }, agent: false };
    const asking = request(options, (answer) => {
      text(answer).then((body) => {
        const got = { status: answer.statusCode ?? 0, headers: answer.headers, body };
        // Read only where an echo server answers.
        resolve({ ...got, asked: got.status === 200 && body.startsWith('{') ? (JSON.parse(body) as Asked) : NOT_ASKED });
      }, reject);
    });
    asking.once('error', reject);
    // As text its bytes would be joined with the headers, and both be UTF-8.
    asking.end(body === undefined ? undefined : Buffer.from(body));
  });
}

function exchange(port: number, bytes: string, enough?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    let seen = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      if (enough?.test(seen) === true) socket.destroy();
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => resolve(seen));
    socket.write(bytes, 'latin1');
  });
}

/** An HTTP proxy that wants these credentials, and remembers what it was asked. */
export async function upstreamProxy(wanted?: () => string): Promise<TestServer & { readonly asked: string[] }> {
  const asked: string[] = [];
  const isRefused = ({ headers }: IncomingMessage) =>
    wanted !== undefined && headers['proxy-authorization'] !== `Basic ${Buffer.from(wanted()).toString('base64')}`;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (isRefused(request)) return response.writeHead(407, { 'proxy-authenticate': 'Basic realm="up"' }).end('no');
    return response.end(
      JSON.stringify({ server: 'upstream', method: request.method, url: request.url, headers: request.headers }),
    );
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.on('error', () => socket.destroy());
    if (isRefused(request)) return socket.end('HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n');
    socket.write('HTTP/1.1 200 OK\r\n\r\nhello from behind\n');
    return socket.pipe(socket);
  });
  return Object.assign(await listen(server), { asked });
}
