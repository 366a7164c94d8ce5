import { jupyterContract, type JupyterSessionInfo } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import type { Kernels, KernelsInfo } from './kernels.ts';
import type { KernelSession } from './session.ts';

const DEFAULT_TIMEOUT_SECONDS = 30;
/** Code of 1 MiB, escaped, with room for the rest of the body. */
const EXECUTE_BODY_LIMIT = 8 * 1024 * 1024;

export function jupyterTool({ app, config }: ToolContext, kernels: Kernels): Tool {
  implement(
    app,
    jupyterContract,
    {
      jupyter_execute: async ({ body }, { signal }) => {
        const answer = await kernels.execute({
          code: body.code,
          timeoutSeconds: body.timeout ?? DEFAULT_TIMEOUT_SECONDS,
          sessionId: body.session_id,
          kernelName: body.kernel_name,
          cwd: body.cwd,
          keep: true,
          signal,
        });
        const data = {
          kernel_name: answer.kernelName,
          session_id: answer.sessionId,
          status: answer.status,
          ...(answer.executionCount === undefined ? {} : { execution_count: answer.executionCount }),
          outputs: [...answer.outputs],
          code: body.code,
          ...(answer.messageId === undefined ? {} : { msg_id: answer.messageId }),
        };
        return { ...ok(data), ...(answer.hint === undefined ? {} : { hint: answer.hint }) };
      },
      jupyter_info: async () => {
        const info = await kernels.info();
        return ok({
          default_kernel: info.defaultName,
          available_kernels: [...info.names],
          active_sessions: kernels.sessions.size,
          session_timeout_seconds: config.JUPYTER_SESSION_TIMEOUT_SECONDS,
          max_sessions: config.MAX_JUPYTER_SESSIONS,
          description: 'Python in IPython kernels; a session keeps its variables from call to call.',
          kernel_detection: detectionOf(info),
        });
      },
      jupyter_list_sessions: () => {
        const now = Date.now();
        return ok({ sessions: Object.fromEntries([...kernels.sessions].map(([id, session]) => [id, infoOf(session, now)])) });
      },
      jupyter_delete_sessions: async () => ok({ closed: await kernels.deleteAll() }),
      jupyter_delete_session: async ({ params }) => {
        await kernels.delete(params.session_id);
        return ok({ session_id: params.session_id });
      },
      jupyter_create_session: async ({ body }) => {
        const { session, created } = await kernels.open({
          sessionId: body.session_id,
          kernelName: body.kernel_name,
          cwd: body.cwd,
        });
        const message = created ? 'Session created' : 'The session was there already';
        return ok({ session_id: session.id, kernel_name: session.kernelName, message });
      },
    },
    { route: (operationId) => (operationId === 'jupyter_execute' ? { bodyLimit: EXECUTE_BODY_LIMIT } : {}) },
  );
  return { contract: jupyterContract, close: () => kernels.closeAll() };
}

const detectionOf = ({ missing }: KernelsInfo): string =>
  missing ?? 'Interpreters in PATH that have ipykernel; the default is that of PYTHON_VERSION where it is among them';

const infoOf = (session: KernelSession, now: number): JupyterSessionInfo => ({
  kernel_name: session.kernelName,
  last_used: session.lastUsedAt / 1000,
  age_seconds: Math.floor((now - session.createdAt) / 1000),
});
