import type { ProxyUpstreamInfo } from '@sandfleet/contract/runtime';

import { authorityOf, parseAuthority, type Endpoint } from './authority.ts';
import type { RunAuthCommand } from './auth-command.ts';
import { parseCredentials, type Credentials } from './credentials.ts';

export interface UpstreamAddress extends Endpoint {
  readonly credentials: Credentials | undefined;
}

const HTTP_PORT = 80;
/** `[http://][user:password@]host:port`; undefined when it is something else. */
export function parseUpstream(given: string): UpstreamAddress | undefined {
  const [, scheme, rest = ''] = /^(http:\/\/)?([^/?#\s]+)\/?$/i.exec(given.trim()) ?? [];
  // A password may have an @ that nobody encoded; a host never.
  const at = rest.lastIndexOf('@');
  const endpoint = parseAuthority(rest.slice(at + 1), scheme === undefined ? undefined : HTTP_PORT);
  if (endpoint === undefined) return undefined;
  if (at === -1) return { ...endpoint, credentials: undefined };
  const credentials = parseCredentials(rest.slice(0, at), decode);
  return credentials === undefined ? undefined : { ...endpoint, credentials };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % in a password that nobody encoded.
    return text;
  }
}

/** Commands that keep failing are not run for each of a hundred requests. */
const MIN_REFRESH_INTERVAL_MS = 5000;

/** The proxy behind ours. Its credentials leave this object as the header for that proxy alone. */
export class Upstream {
  readonly endpoint: Endpoint;
  readonly #run: RunAuthCommand | undefined;
  #credentials: Credentials | undefined;
  #refreshing: Promise<boolean> | undefined;
  #lastRun = Number.NEGATIVE_INFINITY;
  /** What went wrong when the command ran last. */
  problem: string | undefined;

  constructor({ host, port, credentials }: UpstreamAddress, run?: RunAuthCommand) {
    this.endpoint = { host, port };
    this.#credentials = credentials;
    this.#run = run;
  }

  get address(): string {
    return authorityOf(this.endpoint);
  }

  describe(): ProxyUpstreamInfo {
    if (this.#credentials === undefined) return { addr: this.address };
    const { username, password } = this.#credentials;
    return { addr: this.address, username, ...(password === '' ? {} : { password: '***' }) };
  }

  /** Value of Proxy-Authorization. */
  get authorization(): string | undefined {
    if (this.#credentials === undefined) return undefined;
    const { username, password } = this.#credentials;
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  /** Runs the command for credentials, unless there is none or it ran just now. Tells whether they may differ from `refused`. */
  async refresh(refused?: string): Promise<boolean> {
    if (this.#run === undefined) return false;
    if (refused !== undefined && refused !== this.authorization) return true;
    if (this.#refreshing === undefined && performance.now() - this.#lastRun < MIN_REFRESH_INTERVAL_MS) return false;
    this.#refreshing ??= this.#renew(this.#run).finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #renew(run: RunAuthCommand): Promise<boolean> {
    const result = await run();
    this.#lastRun = performance.now();
    this.problem = 'problem' in result ? result.problem : undefined;
    if ('problem' in result) return false;
    this.#credentials = result.credentials;
    return true;
  }
}
