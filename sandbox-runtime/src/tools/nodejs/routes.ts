import { ApiError } from '@sandfleet/contract';
import { nodejsContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';
import { join } from 'node:path';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { describeNpm, PackageLists } from './info.ts';
import type { NodeRuns } from './node-runs.ts';
import type { NodeSession } from './session.ts';
import { chooseNode } from './versions.ts';

export const DEFAULT_TIMEOUT_SECONDS = 30;
/** Code, input and files, escaped. */
const EXECUTE_BODY_LIMIT = 64 * 1024 * 1024;

export function nodejsTool({ app, env, places }: ToolContext, runs: NodeRuns): Tool {
  const info = createInfo(runs, env, places.workspace);
  /** @throws ApiError SESSION_NOT_FOUND also when the session runs another version than the one asked for. */
  const sessionOf = async (id: string, version: string | undefined): Promise<NodeSession> => {
    const session = runs.sessions.get(id);
    if (version === undefined || session.version === chooseNode(await runs.nodes(), version).name) return session;
    throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
  };
  implement(
    app,
    nodejsContract,
    {
      nodejs_execute: async ({ body }, { signal }) => {
        const answer = await runs.execute({
          code: body.code,
          timeoutSeconds: body.timeout ?? DEFAULT_TIMEOUT_SECONDS,
          stdin: body.stdin,
          files: body.files,
          sessionId: body.session_id,
          keep: body.stateful === true,
          cwd: body.cwd,
          version: body.version,
          signal,
        });
        return {
          ...ok({
            language: 'javascript' as const,
            status: answer.status,
            ...(answer.executionCount === undefined ? {} : { execution_count: answer.executionCount }),
            outputs: [...answer.outputs],
            code: body.code,
            stdout: answer.stdout,
            stderr: answer.stderr,
            exit_code: answer.exitCode,
            ...(answer.sessionId === undefined ? {} : { session_id: answer.sessionId }),
          }),
          ...(answer.hint === undefined ? {} : { hint: answer.hint }),
        };
      },
      nodejs_info: async () => ok(await info()),
      nodejs_create_session: async ({ body, query }) => {
        const { session, created } = await runs.open({
          id: body.session_id,
          cwd: body.cwd,
          maxIdleSeconds: body.max_idle_time,
          version: query.version,
        });
        const message = created ? 'Session created' : 'Session was there already';
        return ok({ session_id: session.id, created, message, session: session.info });
      },
      nodejs_list_sessions: async ({ query }) => {
        const wanted = query.version === undefined ? undefined : chooseNode(await runs.nodes(), query.version).name;
        const sessions = runs.sessions.list().filter((session) => wanted === undefined || session.version === wanted);
        return ok({ sessions: Object.fromEntries(sessions.map((session) => [session.id, session.info])) });
      },
      nodejs_get_session: async ({ params, query }) => ok({ session: (await sessionOf(params.session_id, query.version)).info }),
      nodejs_update_session: async ({ params, query, body }) => {
        const session = await sessionOf(params.session_id, query.version);
        const cwd = await runs.directory(body.cwd);
        session.update({ cwd, maxIdleSeconds: body.max_idle_time });
        return ok({ updated: cwd !== undefined || body.max_idle_time !== undefined, session: session.info });
      },
      nodejs_delete_session: async ({ params, query }) => {
        await runs.sessions.close((await sessionOf(params.session_id, query.version)).id);
        return ok({ deleted: true });
      },
    },
    { route: (operationId) => (operationId === 'nodejs_execute' ? { bodyLimit: EXECUTE_BODY_LIMIT } : {}) },
  );
  return { contract: nodejsContract, close: () => runs.closeAll() };
}

function createInfo(runs: NodeRuns, env: ToolContext['env'], workspace: string) {
  let npm: ReturnType<typeof describeNpm> | undefined;
  const packages = new PackageLists();
  return async () => {
    npm ??= describeNpm(env);
    const { version, directory } = await npm;
    // It may only have had no room to start.
    if (version === '') npm = undefined;
    const nodes = await runs.nodes();
    const [current] = nodes;
    return {
      node_version: current?.version ?? '',
      npm_version: version,
      supported_languages: ['javascript'],
      description: 'JavaScript in Node.js: a process for each call, or sessions that keep variables',
      runtime_directory: workspace,
      ...(directory === undefined ? { error: 'npm is not installed' } : { global_npm_directory: directory }),
      runtime_packages: [...(await packages.list(join(workspace, 'node_modules')))],
      global_packages: directory === undefined ? [] : [...(await packages.list(directory))],
      available_versions: nodes.map(({ name }) => name),
      ...(current === undefined ? {} : { current_version: current.name }),
    };
  };
}
