import type { Environment } from '../../config.ts';
import { proxyFlags } from '../../services/browser/proxy-flags.ts';
import type { ToolContext } from '../../tool.ts';
import { DnsOverHttps, dnsServers } from './dns-over-https.ts';
import { ForwardProxy } from './forward-proxy.ts';
import { hasRules, initialRules } from './initial-rules.ts';
import { ownPorts } from './own-ports.ts';
import { ProxyRules } from './rules.ts';

const MAX_HEADER_BYTES = 256 * 1024;

export interface SandboxProxy {
  readonly rules: ProxyRules;
  readonly server: ForwardProxy;
  readonly isOwnPort: (port: number) => boolean;
  /** How commands for credentials run. */
  readonly commands: { readonly env: Environment; readonly directory: string; readonly signal: AbortSignal };
  /** Whether the browser that runs now was started without the proxy. */
  isBrowserPast(): boolean;
  close(): Promise<void>;
}

/**
 * The proxy of the sandbox with the rules of its environment. It listens from its first use on: when the environment has rules,
 * when a rule is added, or when the browser starts, which always goes through it so that later rules need no restart.
 */
export function createProxy({ app, config, env, places, log, services }: ToolContext): SandboxProxy {
  const isOwnPort = ownPorts(
    () => app.addresses().flatMap((address) => (typeof address === 'string' ? [] : [address.port])),
    [config.PUBLIC_PORT, config.TINYPROXY_PORT, ...Object.values(services.ports)],
  );
  const initial = initialRules(config, isOwnPort);
  const rules = new ProxyRules(initial);
  const servers = dnsServers(config.DNS_OVER_HTTPS_TEMPLATES ?? '');
  const dnsOverHttps = servers.length === 0 ? undefined : new DnsOverHttps(servers);
  const server = new ForwardProxy({
    port: config.TINYPROXY_PORT,
    rules,
    isOwnPort,
    dnsOverHttps,
    limits: {
      connectMs: config.SANDFLEET_PROXY_CONNECT_SECONDS * 1000,
      idleMs: config.SANDFLEET_PROXY_IDLE_SECONDS * 1000,
      maxHeaderBytes: MAX_HEADER_BYTES,
      maxConnections: config.SANDFLEET_PROXY_CONNECTIONS,
    },
  });
  const start = () =>
    void server.start().catch((error: unknown) => log.warn({ err: error }, 'the forward proxy can’t listen on its port'));
  if (hasRules(initial)) app.addHook('onListen', async () => start());

  const browser = services.get('browser');
  // Told before the browser's program is made ready, which takes longer than to listen.
  const forget = browser.onState((state) => void (state === 'starting' && start()));
  let givenFlags: readonly string[] = [];
  services.proxyFlags = () => (givenFlags = proxyFlags(server.port));

  const ending = new AbortController();
  return {
    rules,
    server,
    isOwnPort,
    commands: { env, directory: places.workspace, signal: ending.signal },
    isBrowserPast: () => browser.state() === 'running' && givenFlags.length === 0,
    close: async () => {
      forget();
      ending.abort();
      await server.close();
      dnsOverHttps?.close();
    },
  };
}
