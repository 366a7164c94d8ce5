import { get } from 'node:http';

import type { ProxyHealthCheck } from '@sandfleet/contract/runtime';

import type { ForwardProxy } from './forward-proxy.ts';
import type { ProxyRules } from './rules.ts';

const TIMEOUT_MS = 2000;

export interface HealthOptions {
  readonly proxy: ForwardProxy;
  readonly rules: ProxyRules;
  /** Whether the browser that runs now was started without the proxy. */
  readonly isBrowserPast: boolean;
}

export async function checkHealth({ proxy, rules, isBrowserPast }: HealthOptions): Promise<ProxyHealthCheck> {
  const port = await proxy.start().catch(() => undefined);
  const isAlive = port !== undefined && (await answers(port));
  const inconsistencies = [
    ...(port === undefined ? [`The proxy can’t listen: its port ${proxy.wantedPort} is taken.`] : []),
    ...(isBrowserPast ? ['The browser was started while the proxy could not listen; restart it to have the rules apply.'] : []),
    ...(rules.upstream?.problem === undefined ? [] : [rules.upstream.problem]),
  ];
  const isConsistent = inconsistencies.length === 0;
  return {
    healthy: isAlive && isConsistent,
    gost_alive: isAlive,
    nginx_alive: isAlive,
    config_consistent: isConsistent,
    inconsistencies,
  };
}

/** It says itself that it is no web server. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent: false, timeout: TIMEOUT_MS }, (answer) => {
      answer.destroy();
      resolve(answer.statusCode === 400);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(false));
  });
}
