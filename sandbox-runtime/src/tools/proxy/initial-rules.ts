import { ConfigError } from '@sandfleet/server-kit';

import type { Config } from '../../config.ts';
import { parseHostPattern, type HostPattern } from './host-pattern.ts';
import { isHere } from './local-address.ts';
import { createMapping, parseSource, parseTarget, type Mapping } from './mapping.ts';
import { FORMS } from './refused-field.ts';
import type { InitialRules } from './rules.ts';
import { parseUpstream, Upstream } from './upstream.ts';

type ProxyConfig = Pick<Config, 'PROXY_SERVER' | 'PROXY_EXCLUDE' | 'PROXY_INCLUDE' | 'PROXY_MAP'>;

/**
 * The rules of the environment.
 *
 * @throws ConfigError with the variable's name; not with its value, which may hold a password
 */
export function initialRules(config: ProxyConfig, isOwnPort: (port: number) => boolean): InitialRules {
  return {
    mappings: config.PROXY_MAP.map((entry) => mappingOf(entry, isOwnPort)),
    excludes: config.PROXY_EXCLUDE.map((text) => patternOf('PROXY_EXCLUDE', text)),
    includes: config.PROXY_INCLUDE.map((text) => patternOf('PROXY_INCLUDE', text)),
    upstream: config.PROXY_SERVER === undefined ? undefined : upstreamOf(config.PROXY_SERVER),
  };
}

export const hasRules = ({ mappings, excludes, includes, upstream }: InitialRules): boolean =>
  mappings.length + excludes.length + includes.length > 0 || upstream !== undefined;

function mappingOf(entry: string, isOwnPort: (port: number) => boolean): Mapping {
  const at = entry.indexOf('=');
  const text = entry.slice(at + 1);
  const source = at === -1 ? undefined : parseSource(entry.slice(0, at));
  const target = at === -1 ? undefined : parseTarget(text);
  if (source === undefined || target === undefined)
    throw new ConfigError(
      `PROXY_MAP takes source=target, apart by commas: the source ${FORMS.source}, the target ${FORMS.target}`,
    );
  if (isHere(target.host) && isOwnPort(target.port))
    throw new ConfigError(`PROXY_MAP maps to port ${target.port}, a port of the sandbox's own services`);
  return createMapping(source, target, text);
}

function patternOf(variable: string, text: string): HostPattern {
  const pattern = parseHostPattern(text);
  if (pattern === undefined) throw new ConfigError(`${variable} has an entry that is no pattern: each ${FORMS.pattern}`);
  return pattern;
}

function upstreamOf(text: string): Upstream {
  const address = parseUpstream(text);
  if (address === undefined) throw new ConfigError(`PROXY_SERVER ${FORMS.server}`);
  return new Upstream(address);
}
