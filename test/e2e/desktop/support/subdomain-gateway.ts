import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { cluster, kubectl, kubectlJson, ROOT, run } from '../../support/cluster.ts';

const NAMESPACE = 'sandfleet-system';
/** Tells these pods from the release's own. */
const LABEL = 'sandfleet.dev/e2e';
const LABEL_VALUE = 'subdomain-gateway';
/** One that outlives its test, since that was killed, carries requests of the release's Service no longer than this. */
const LIFE_SECONDS = 3600;
/** A name that the internet can't have (RFC 2606). */
const DOMAIN = 'sandboxes.test';

interface Template {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: {
    readonly containers: readonly { readonly env: readonly { readonly name: string; readonly value?: string }[] }[];
  };
}

/**
 * A gateway of the release with a wildcard domain beside the one without: a pod from the same template, so under the same
 * policies. Only those find its names who are told: browsers by RESOLVER_RULES, other programs by `withHostNames`.
 */
export class SubdomainGateway implements AsyncDisposable {
  readonly #pod: string;
  readonly #port: number;
  readonly #forwarder: AsyncDisposable;

  private constructor(pod: string, port: number, forwarder: AsyncDisposable) {
    this.#pod = pod;
    this.#port = port;
    this.#forwarder = forwarder;
  }

  static async start(): Promise<SubdomainGateway> {
    await remove('-l', `${LABEL}=${LABEL_VALUE}`, '--field-selector=status.phase=Failed');
    const selector = 'app.kubernetes.io/component=gateway';
    const { items } = await kubectlJson<{ items: readonly { spec: { template: Template } }[] }>(
      'get',
      'deployment',
      '-n',
      NAMESPACE,
      '-l',
      selector,
    );
    const template = items[0]?.spec.template;
    if (template === undefined) throw new Error('the release has no gateway');
    const name = `e2e-subdomain-gateway-${randomBytes(4).toString('hex')}`;
    const applied = await run('kubectl', ['create', '-f', '-'], JSON.stringify(podOf(name, template)));
    if (applied.code !== 0) throw new Error(`no second gateway: ${applied.stderr}`);
    try {
      await kubectl('wait', '--for=condition=Ready', '--timeout=240s', '-n', NAMESPACE, `pod/${name}`);
      const { port, ...forwarder } = await forward(name);
      return new SubdomainGateway(name, port, forwarder);
    } catch (error) {
      await remove(name, '--ignore-not-found');
      throw error;
    }
  }

  origin(label: string): string {
    return `http://${label}.${DOMAIN}:${this.#port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forwarder[Symbol.asyncDispose]();
    await remove(this.#pod, '--ignore-not-found');
  }
}

/** For the browser: all names of the domain are this machine, where a forwarder leads on. */
export const RESOLVER_RULES = `--host-resolver-rules=MAP *.${DOMAIN} 127.0.0.1`;

function podOf(name: string, { metadata, spec }: Template): unknown {
  const [container, ...others] = spec.containers;
  const env = (container?.env ?? []).filter(({ name }) => name !== 'SANDFLEET_GATEWAY_DOMAIN');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name, namespace: NAMESPACE, labels: { ...metadata.labels, [LABEL]: LABEL_VALUE } },
    spec: {
      ...spec,
      activeDeadlineSeconds: LIFE_SECONDS,
      containers: [{ ...container, env: [...env, { name: 'SANDFLEET_GATEWAY_DOMAIN', value: DOMAIN }] }, ...others],
    },
  };
}

const remove = (...which: readonly string[]) => kubectl('delete', 'pod', '-n', NAMESPACE, '--grace-period=1', ...which);

async function forward(pod: string): Promise<AsyncDisposable & { readonly port: number }> {
  const args = ['port-forward', '-n', NAMESPACE, `pod/${pod}`, ':8080', '--address=127.0.0.1'];
  const child = spawn('kubectl', args, { cwd: ROOT, env: cluster().environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /127\.0\.0\.1:(\d+) ->/.exec(line) ?? [];
    // What else it says, one line for each connection, must not fill the pipe.
    child.stdout.resume();
    if (port !== undefined) return { port: Number(port), [Symbol.asyncDispose]: stop };
  }
  throw new Error('kubectl port-forward ended');
}
