import { join } from 'node:path';

import { bashContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { execHandler, killHandler, outputHandler, writeHandler } from './command-handlers.ts';
import { Commands } from './commands.ts';
import { directoryOf, snapshotOf } from './given-paths.ts';
import { BashSessions } from './sessions.ts';
import { Spawner } from './spawner.ts';

/** A command or an input of 1 MiB, escaped, with room for the rest of the body. */
const BODY_LIMIT = 8 * 1024 * 1024;
const WITH_LONG_BODIES = new Set(['bash_exec', 'bash_write']);

export function bashTool(context: ToolContext): Tool {
  const { app, places, config } = context;
  const commands = createCommands(context);
  const sessions = new BashSessions({
    commands,
    workspace: places.workspace,
    maxSessions: config.MAX_BASH_SESSIONS,
    maxFinished: config.BASH_FINISHED_COMMANDS,
  });
  implement(
    app,
    bashContract,
    {
      bash_exec: execHandler(sessions, places),
      bash_output: outputHandler(sessions),
      bash_write: writeHandler(sessions),
      bash_kill: killHandler(sessions),
      bash_list_sessions: () => ok(sessions.list().map((session) => session.info())),
      bash_create_session: async ({ body }) => {
        const directory = await directoryOf(body.exec_dir, places);
        const snapshot = await snapshotOf(body.snapshot_path, places);
        return ok(sessions.open({ id: body.session_id, directory, snapshot }).info());
      },
      bash_close_session: async ({ params }) => {
        const killed = await sessions.close(params.session_id);
        return ok({ session_id: params.session_id, status: 'closed' as const, killed_commands: killed });
      },
    },
    { route: (operationId) => (WITH_LONG_BODIES.has(operationId) ? { bodyLimit: BODY_LIMIT } : {}) },
  );
  return { contract: bashContract, close: () => commands.close() };
}

function createCommands({ config, env, log }: ToolContext): Commands {
  return new Commands({
    env,
    spawner: new Spawner({
      python: config.SANDFLEET_PYTHON,
      program: join(config.SANDFLEET_PYTHON_DIR, 'spawner.py'),
      path: env['PATH'] ?? '',
      log,
    }),
    maxRunning: config.MAX_BASH_COMMANDS,
    outputBytes: config.BASH_OUTPUT_BYTES,
    totalOutputBytes: config.BASH_TOTAL_OUTPUT_BYTES,
    graceSeconds: config.BASH_KILL_GRACE_SECONDS,
  });
}
