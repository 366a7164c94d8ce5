import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Input } from '@sandfleet/contract';
import { codeContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { Environment } from '../../config.ts';
import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { languageOf } from './languages.ts';
import { nodeResult, pythonResult, type Result } from './results.ts';
import type { Runners } from './runners.ts';

const exec = promisify(execFile);
const TIMES = { default_timeout: 30, max_timeout: 300 } as const;
/** Code of 1 MiB, escaped, with room for the rest of the body. */
const EXECUTE_BODY_LIMIT = 8 * 1024 * 1024;

export function codeTool({ app, env }: ToolContext, runners: Runners): Tool {
  let versions: Promise<readonly (string | undefined)[]> | undefined;
  implement(
    app,
    codeContract,
    {
      code_execute: async ({ body }, { signal }) => {
        const language = languageOf(body.language);
        const { result, sessionId, hint } = await run(body, runners, signal);
        const data = { language, code: body.code, ...result, ...(sessionId === undefined ? {} : { session_id: sessionId }) };
        return { ...ok(data), ...(hint === undefined ? {} : { hint }) };
      },
      code_info: async () => {
        versions ??= Promise.all([versionOf('python3', env), versionOf('node', env)]);
        const [python, node] = await versions;
        return ok({
          languages: [
            {
              language: 'python' as const,
              description: 'Python in a Jupyter kernel',
              ...(python === undefined ? {} : { runtime_version: python }),
              ...TIMES,
              details: { aliases: ['py', 'python3'], stateful: true },
            },
            {
              language: 'javascript' as const,
              description: 'JavaScript in Node.js',
              ...(node === undefined ? {} : { runtime_version: node }),
              ...TIMES,
              details: { aliases: ['js', 'node', 'nodejs'], stateful: true },
            },
          ],
        });
      },
    },
    { route: (operationId) => (operationId === 'code_execute' ? { bodyLimit: EXECUTE_BODY_LIMIT } : {}) },
  );
  // The runners belong to the tools of their languages, which close them.
  return { contract: codeContract, close: async () => {} };
}

type ExecuteBody = Input<typeof codeContract.code_execute>['body'];

interface Ran {
  readonly result: Result;
  readonly sessionId?: string | undefined;
  readonly hint?: string | undefined;
}

async function run(body: ExecuteBody, { python, node }: Runners, signal: AbortSignal): Promise<Ran> {
  const keep = body.stateful === true || body.session_id !== undefined;
  const request = {
    code: body.code,
    timeoutSeconds: body.timeout ?? TIMES.default_timeout,
    sessionId: body.session_id,
    cwd: body.cwd,
    keep,
    signal,
  };
  if (languageOf(body.language) === 'python') {
    const answer = await python.execute(request);
    return { result: pythonResult(answer), sessionId: keep ? answer.sessionId : undefined, hint: answer.hint };
  }
  const answer = await node.execute({ ...request, showValue: true });
  return { result: nodeResult(answer), sessionId: answer.sessionId, hint: answer.hint };
}

async function versionOf(command: string, env: Environment): Promise<string | undefined> {
  const { stdout } = await exec(command, ['--version'], { env, timeout: 60_000 }).catch(() => ({ stdout: '' }));
  return /\d+(?:\.\d+)+/.exec(stdout)?.[0];
}
