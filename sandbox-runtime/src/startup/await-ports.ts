import { setTimeout as delay } from 'node:timers/promises';

import { isListening } from '../is-listening.ts';

const POLL_MS = 100;

/**
 * Ports of the services behind the published sandbox (MCP hub and its servers, authentication, the API, proxy, code-server,
 * JupyterLab, browser, VNC and its WebSocket). Here they are part of this one server, which listens already, or begin when they
 * are first used: whoever waits for one of them, as published settings do (`WAIT_PORTS=8079,8091`), waits for this server.
 */
const SERVED = new Set([8079, 8081, 8088, 8091, 8100, 8101, 8102, 8118, 8200, 8888, 9222, 5900, 6080]);

export interface AwaitPortsOptions {
  /** The server's own port, which counts as served too. */
  readonly own: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Waits until something accepts connections on each loopback port. Returns those that nothing did on in time. */
export async function awaitPorts(ports: readonly number[], options: AwaitPortsOptions): Promise<readonly number[]> {
  const end = performance.now() + options.timeoutMs;
  const foreign = [...new Set(ports)].filter((port) => !SERVED.has(port) && port !== options.own);
  const closed = await Promise.all(
    foreign.map(async (port) => {
      while (!(await accepts(port))) {
        if (options.signal.aborted || performance.now() >= end) return port;
        await delay(POLL_MS);
      }
      return undefined;
    }),
  );
  return closed.filter((port) => port !== undefined);
}

const accepts = async (port: number): Promise<boolean> => (await isListening(port)) || isListening(port, '::1');
