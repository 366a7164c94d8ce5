import { ApiError, type Contract } from '@sandfleet/contract';
import { proxyContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { createProxy, type SandboxProxy } from './create-proxy.ts';
import { diagnose } from './diagnose.ts';
import { checkHealth } from './health.ts';
import { parseHostPattern } from './host-pattern.ts';
import { isHere, isLoopback } from './local-address.ts';
import { createMapping, parseSource, parseTarget } from './mapping.ts';
import { pacOf } from './pac.ts';
import { putUpstream } from './put-upstream.ts';
import { FORMS, refusedField } from './refused-field.ts';
import { startProblem } from './start-problem.ts';

const { proxy_remove_mapping: _, ...plain } = proxyContract;

export function proxyTool(context: ToolContext): Tool {
  const proxy = createProxy(context);
  const { rules } = proxy;
  implement(context.app, plain, {
    proxy_list_mappings: () => ok(rules.mappings.map(({ route }) => route)),
    proxy_add_mapping: ({ body }) => addMapping(body, proxy),
    proxy_list_excludes: () => ok(rules.excludes.map(({ text }) => text)),
    proxy_add_exclude: ({ body }) => addExclude(body.pattern, proxy),
    proxy_remove_exclude: ({ body }) => {
      const { text } = patternOf(body.pattern);
      if (!rules.removeExclude(text)) throw new ApiError('NOT_FOUND', { message: `There is no exclude ${text}.` });
      return ok(rules.excludes.map(({ text }) => text));
    },
    proxy_diagnose: async ({ query }, { signal }) => {
      const { result, hint } = await diagnose(query.url, rules, {
        allows: (to) => proxy.server.refuse(to),
        connects: (to) => proxy.server.reach(to, signal),
      });
      return { ...ok(result), hint };
    },
    proxy_health: async () => ok(await checkHealth({ proxy: proxy.server, rules, isBrowserPast: proxy.isBrowserPast() })),
    proxy_get_upstream: () => ok(rules.upstream?.describe() ?? null),
    proxy_set_upstream: ({ body }) => putUpstream(body, proxy),
    proxy_remove_upstream: () => {
      rules.upstream = undefined;
      return ok(null);
    },
    browser_proxy_pac: async (_, { reply }) => {
      const port = await proxy.server.start().catch(() => proxy.server.wantedPort);
      await reply.header('cache-control', 'no-store').type(proxyContract.browser_proxy_pac.produces).send(pacOf(rules, port));
    },
  });
  mountRemoval(context, proxy);
  return { contract: proxyContract satisfies Contract, close: () => proxy.close() };
}

async function addMapping(body: { source: string; target: string }, { rules, server, isOwnPort }: SandboxProxy) {
  const source = parseSource(body.source);
  if (source === undefined) throw refusedField('body', 'source', FORMS.source);
  const target = parseTarget(body.target);
  if (target === undefined) throw refusedField('body', 'target', FORMS.target);
  if (isHere(target.host) && (isOwnPort(target.port) || target.port === server.port))
    throw refusedField('body', 'target', `must not have port ${target.port}, which belongs to the sandbox’s own services`);
  const problem = await startProblem(server);
  if (problem !== undefined) return { success: false, message: `${problem} Nothing was changed.`, data: null };
  const mapping = createMapping(source, target, body.target);
  if (!rules.setMapping(mapping))
    throw new ApiError('CONFLICT', { message: `There are ${rules.mappings.length} mappings already; remove one first.` });
  const hint = isLoopback(source.host.text) ? `The browser opens ${source.host.text} itself: no mapping is asked.` : undefined;
  return { ...ok(mapping.route), ...(hint === undefined ? {} : { hint }) };
}

async function addExclude(text: string, { rules, server }: SandboxProxy) {
  const pattern = patternOf(text);
  const problem = await startProblem(server);
  if (problem !== undefined) return { success: false, message: `${problem} Nothing was changed.`, data: null };
  if (!rules.addExclude(pattern))
    throw new ApiError('CONFLICT', { message: `There are ${rules.excludes.length} excludes already; remove one first.` });
  return ok(rules.excludes.map(({ text }) => text));
}

function patternOf(text: string) {
  const pattern = parseHostPattern(text);
  if (pattern === undefined) throw refusedField('body', 'pattern', FORMS.pattern);
  return pattern;
}

/** A source has slashes, which a named parameter would end at; published clients do not encode them. */
function mountRemoval({ app }: ToolContext, { rules }: SandboxProxy): void {
  app.delete<{ Params: { '*': string } }>('/v1/proxy/mappings/*', (request) => {
    const source = parseSource(request.params['*']);
    if (source === undefined) throw refusedField('path', 'source', FORMS.source);
    const mapping = rules.removeMapping(source.text);
    if (mapping === undefined) throw new ApiError('NOT_FOUND', { message: `There is no mapping of ${source.text}.` });
    return ok(mapping.route);
  });
}
