import { generateKeyPairSync } from 'node:crypto';
import { connect, type AddressInfo } from 'node:net';

import { createLogger, createMetrics, createServer, loadConfig, type Logger } from '@sandfleet/server-kit';
import type { FastifyInstance } from 'fastify';
import { SignJWT } from 'jose';

import { ConfigSchema } from '../../config.ts';
import type { Access } from '../access.ts';
import { runtimeErrors } from '../errors.ts';
import { acceptUpgrades, webSocketRoute } from '../upgrade.ts';
import { guard, type Guard } from './guard.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
/** As the environment has it. */
export const PUBLIC_KEY = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })).toString('base64');
export const API_KEY = 'a-key-of-sixteen-and-more';

export const token = (claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  new SignJWT({ exp: Math.floor(Date.now() / 1000) + 60, ...claims }).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey);

export const bearer = async (claims?: Readonly<Record<string, unknown>>) => ({ authorization: `Bearer ${await token(claims)}` });

export interface GuardedServer extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly guard: Guard;
  /** Paths of the requests that got past the guard, in their order. */
  readonly passed: string[];
  /** Listens, at the first call, and gives the port. */
  port(): Promise<number>;
}

const PAGES = ['/', '/terminal', '/vnc/index.html', '/code-server/', '/proxy/:port/*', '/v1/sandbox', '/mcp'] as const;
const SOCKETS = ['/websockify', '/v1/shell/ws', '/cdp', '/code-server/socket'] as const;

/** The guard before pages and sockets of every surface that answer with what the guard found out, and a file that is open. */
export async function guardedServer(
  env: Readonly<Record<string, string>> = { JWT_PUBLIC_KEY: PUBLIC_KEY },
  log: Logger = createLogger({ name: 'test', level: 'silent' }),
  listen: (app: FastifyInstance) => Promise<void> = async () => {},
): Promise<GuardedServer> {
  const app = createServer({ log, metrics: createMetrics('runtime', 'test'), errors: runtimeErrors, bodyLimit: 1024 });
  const door = guard(app, loadConfig(ConfigSchema, env));
  acceptUpgrades(app);
  const passed: string[] = [];
  app.addHook('preHandler', async (request) => void passed.push(request.url));
  for (const url of PAGES) app.get(url, async ({ access }) => shown(access));
  for (const path of SOCKETS) {
    webSocketRoute(app, { path, maxPayload: 1024, onSocket: (socket, { access }) => socket.send(JSON.stringify(shown(access))) });
  }
  app.post('/v1/shell/exec', async ({ access }) => shown(access));
  app.get('/vnc/vnc.js', { config: { open: true } }, async () => 'a file');
  app.get('/fails', async () => {
    throw new Error('as it does at times');
  });
  await listen(app);
  await app.ready();
  return {
    app,
    guard: door,
    passed,
    async port() {
      if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
      // It listens on TCP.
      return (app.server.address() as AddressInfo).port;
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** Without its end, which is another one at each time. */
const shown = (access: Access = { kind: 'none', mode: 'view' }) =>
  Object.fromEntries(Object.entries(access).filter(([name]) => name !== 'endsAt'));

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  /** Each as it stands on the wire. */
  readonly headers?: readonly string[];
}

const WEB_SOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==',
] as const;

/** Sends one request as it stands, over TCP or a UNIX socket, and gives what comes back until the connection ends. */
export function ask(
  to: number | string,
  { method = 'GET', path = '/', headers = [] }: Asked,
): Promise<{ status: number; text: string }> {
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: box.example'];
  const isSocket = headers.some((header) => /^upgrade:/i.test(header));
  const lines = [`${method} ${path} HTTP/1.1`, ...host, ...headers, ...(isSocket ? [] : ['Connection: close'])];
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to);
    socket.on('connect', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      // A socket that was opened says one thing, and stays open; so does a connection whose request did not say `close`.
      if (/^HTTP\/1\.1 101 [^]*\r\n\r\n[^]*\}/.test(text) || isWhole(text)) socket.end();
    });
    socket.on('error', reject).on('close', () => resolve({ status: Number(text.slice(9, 12)), text }));
  });
}

/** Whether the body is here, as far as the answer tells its length. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  const [, length] = /^content-length: *(\d+)$/im.exec(answer.slice(0, Math.max(0, end)).replaceAll('\r', '')) ?? [];
  return length !== undefined && answer.length >= end + 4 + Number(length);
}

export const askForSocket = (to: number | string, { headers = [], ...asked }: Asked) =>
  ask(to, { ...asked, headers: [...WEB_SOCKET, ...headers] });
