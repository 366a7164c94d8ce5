import type { LookupAddress } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';

import { decodeAddresses, encodeQuestion, RECORDS, type RecordType } from './dns-message.ts';

/** A server as its URI template names it (RFC 8484, 4.1). */
export interface DnsServer {
  readonly url: URL;
  /** How it is asked: by GET where the template has a place for the question. */
  readonly method: 'GET' | 'POST';
}

const MEDIA_TYPE = 'application/dns-message';
const MAX_SERVERS = 8;
const TIMEOUT_MS = 3000;
/** One that did not answer is not waited for again so soon. */
const REST_MS = 30_000;
const MAX_ANSWER_BYTES = 65_535;

/** The servers of a list of templates apart by blanks; what is none of https is left out, as Chromium does. */
export function dnsServers(templates: string): readonly DnsServer[] {
  const servers = templates
    .split(/\s+/)
    .filter((template) => template !== '')
    .flatMap((template): DnsServer[] => {
      const text = template.replaceAll(/\{\?dns\}/g, '');
      if (!/^https:/i.test(text) || /[{}]/.test(text) || !URL.canParse(text)) return [];
      return [{ url: new URL(text), method: text === template ? 'POST' : 'GET' }];
    });
  return servers.slice(0, MAX_SERVERS);
}

/**
 * Looks names up by DNS over HTTPS. Names that it has no addresses for are left to others: those of the cluster are known to its
 * own servers alone, and a browser goes on when these are out of reach (Chromium's mode `automatic`).
 */
export class DnsOverHttps {
  readonly #servers: readonly DnsServer[];
  readonly #resting = new Map<DnsServer, number>();
  readonly #authority: string | undefined;
  #agent: Agent | undefined;

  /** `authority`: the certificate that its servers' are signed by, where the system does not know it. */
  constructor(servers: readonly DnsServer[], authority?: string) {
    this.#servers = servers;
    this.#authority = authority;
  }

  /** The addresses; empty when none was found, or nobody could be asked. */
  async find(host: string): Promise<readonly LookupAddress[]> {
    if (isInternal(host) || !isName(host)) return [];
    for (const server of this.#servers) {
      if ((this.#resting.get(server) ?? 0) > performance.now()) continue;
      try {
        const found = await Promise.all([RECORDS.A, RECORDS.AAAA].map((type) => this.#ask(server, host, type)));
        return found.flat();
      } catch {
        this.#resting.set(server, performance.now() + REST_MS);
      }
    }
    return [];
  }

  close(): void {
    this.#agent?.destroy();
  }

  async #ask({ url, method }: DnsServer, host: string, type: RecordType): Promise<readonly LookupAddress[]> {
    // TLS takes memory that a sandbox without such servers does not spend.
    const { Agent, request } = await import('node:https');
    this.#agent ??= new Agent({
      keepAlive: true,
      maxSockets: 4,
      ...(this.#authority === undefined ? {} : { ca: this.#authority }),
    });
    const question = encodeQuestion(host, type);
    const to = new URL(url);
    if (method === 'GET') to.searchParams.set('dns', question.toString('base64url'));
    const headers = { accept: MEDIA_TYPE, ...(method === 'POST' ? { 'content-type': MEDIA_TYPE } : {}) };
    const options = { method, headers, agent: this.#agent, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asking = request(to, options, resolve);
      asking.once('error', reject);
      asking.end(method === 'POST' ? question : undefined);
    });
    return decodeAddresses(await bodyOf(answer));
  }
}

/** Names that mean nothing, or something else, outside. */
const isInternal = (host: string): boolean => !host.includes('.') || /\.(?:local|internal|localhost)$/.test(host);

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  if (answer.statusCode !== 200 || answer.headers['content-type'] !== MEDIA_TYPE) {
    answer.destroy();
    throw new Error(`The DNS server answered ${answer.statusCode}.`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error('The answer of the DNS server is longer than any.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What fits into a question (RFC 1035, 2.3.4): another one would only be held against the server. */
const isName = (host: string): boolean => host.length <= 253 && host.split('.').every(({ length }) => length > 0 && length < 64);
