import { Agent, request, type AgentOptions, type ClientRequest } from 'node:http';
import type { LookupFunction } from 'node:net';

/** A program inside: a port on the loopback device, on either of its addresses, or a UNIX socket. */
export type Target = { readonly port: number } | { readonly socketPath: string };

export interface UpstreamRequest {
  readonly target: Target;
  readonly method: string;
  readonly path: string;
  /** Name, value, name, value, … */
  readonly headers: readonly string[];
  /** Over a connection of its own rather than one that was used before. */
  readonly isFresh: boolean;
}

/** Servers close an idle connection after 5 seconds (Node) or later: we are first. */
const IDLE_MS = 3000;
const MAX_IDLE_PER_TARGET = 16;
const MAX_HEAD_BYTES = 65_536;

/** Only ever these two, whatever a resolver says of localhost; programs listen on either or both. */
const LOOPBACK = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];
const lookup: LookupFunction = (_, options, done) => {
  if (options.all === true) done(null, LOOPBACK);
  else done(null, '127.0.0.1', 4);
};

/** Makes requests to programs inside; connections are kept for those that can be asked again should one turn out to be closed. */
export class Upstream {
  readonly #kept: Agent;
  readonly #fresh: Agent;

  constructor(connectMs: number) {
    // The second address is for a program that is not at the first: an attempt may take all the time that there is.
    const both = { lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: connectMs, noDelay: true };
    this.#kept = new Agent({ ...both, keepAlive: true, maxFreeSockets: MAX_IDLE_PER_TARGET, timeout: IDLE_MS });
    // What is switched to another protocol may end one way before the other; the agent hands all its options to the socket.
    const half: AgentOptions & { readonly allowHalfOpen: boolean } = { ...both, keepAlive: false, allowHalfOpen: true };
    this.#fresh = new Agent(half);
  }

  start({ target, method, path, headers, isFresh }: UpstreamRequest): ClientRequest {
    return request({
      ...('port' in target ? { host: 'localhost', port: target.port } : { socketPath: target.socketPath }),
      agent: isFresh ? this.#fresh : this.#kept,
      method,
      path,
      headers,
      maxHeaderSize: MAX_HEAD_BYTES,
    });
  }

  close(): void {
    this.#kept.destroy();
    this.#fresh.destroy();
  }
}
