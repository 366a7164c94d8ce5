import { aborted, type Logger } from '@sandfleet/server-kit';

import { childEnvironment, workspaceOf, type Config } from '../config.ts';
import { createRuntime } from '../server.ts';
import { prepareHome } from '../server/home.ts';
import { createServices } from '../services/create-services.ts';
import { warmServices } from '../services/warm-services.ts';
import { claimSocket, defaultSocketPath, listenLocally } from '../server/local-socket.ts';
import { announce } from './announce.ts';
import { awaitPorts } from './await-ports.ts';
import { startHooks } from './start-hooks.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Stops the sandbox; `serve` returns when all has ended. */
  readonly signal: AbortSignal;
  /** What a new home is filled with. */
  readonly skeleton: string;
}

/**
 * The life of a sandbox, in the published order. Everything before "ready" shares STARTUP_TIMEOUT_SECONDS.
 *
 *     RUN_HOOK_INIT → home, workspace → RUN_HOOK_PRE_SERVICES → listen → WAIT_PORTS → ready → RUN_HOOK_POST_READY
 *                                                               └ /v1/ping: 503 ──────┘ pong → … → shutdown hooks
 *
 * The user can't be changed: the container runs as one user from its first process on (USER_UID and USER_GID do nothing), and a
 * volume is made writable for that one by Kubernetes.
 *
 * @throws Error when RUN_HOOK_STRICT is set and the start did not go as it should.
 */
export async function serve({ config, env, log, signal, skeleton }: ServeOptions): Promise<void> {
  const end = performance.now() + config.STARTUP_TIMEOUT_SECONDS * 1000;
  const left = () => end - performance.now();
  const socketPath = await claimSocket(config.SANDFLEET_SOCKET ?? defaultSocketPath(env), log);
  const childEnv = childEnvironment(env, config, socketPath);
  const hooks = startHooks({ config, env: childEnv, log, signal, left });

  await hooks.before('RUN_HOOK_INIT');
  await prepareHome({ home: config.HOME, workspace: workspaceOf(config), skeleton, log });
  await hooks.before('RUN_HOOK_PRE_SERVICES');

  let ready = false;
  const services = createServices({ config, env: childEnv, log });
  const app = createRuntime({ config, env, log, isReady: () => ready, socketPath, services });
  try {
    if (socketPath !== undefined) await listenLocally(app, socketPath);
    const address = await app.listen({ host: config.HOST, port: config.PUBLIC_PORT });
    await settle({ config, log, signal, timeoutMs: left() });
    const warm = warmServices(services, config.WARM_SERVICES);
    if (config.WARM_SERVICES_REQUIRED) await within(left(), { task: warm, signal, log });
    ready = true;
    announce(app, address, log);
    const postReady = hooks.after('RUN_HOOK_POST_READY');
    await aborted(signal);
    await postReady;
  } finally {
    // The server ends them too; should it fail to end, nothing that was started may stay.
    try {
      await app.close();
    } finally {
      await services.close();
    }
  }
}

/** Services that come up late, as one with a long SERVICE_START_SECONDS may, must not keep the sandbox from being looked into. */
async function within(timeoutMs: number, { task, signal, log }: Warming): Promise<void> {
  const late = new AbortController();
  const end = AbortSignal.any([late.signal, signal]);
  const timer = setTimeout(() => late.abort(), Math.max(0, timeoutMs));
  await Promise.race([task, aborted(end)]);
  clearTimeout(timer);
  if (late.signal.aborted) log.warn('not all services of WARM_SERVICES are up; the sandbox is ready without them');
}

interface Warming {
  readonly task: Promise<void>;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Ports that stay closed must not keep the sandbox from being looked into; they are told, or with RUN_HOOK_STRICT end it. */
async function settle({
  config,
  log,
  signal,
  timeoutMs,
}: Pick<ServeOptions, 'config' | 'log' | 'signal'> & { readonly timeoutMs: number }): Promise<void> {
  const closed = await awaitPorts(config.WAIT_PORTS.map(Number), { own: config.PUBLIC_PORT, timeoutMs, signal });
  if (closed.length === 0 || signal.aborted) return;
  if (config.RUN_HOOK_STRICT) throw new Error(`Nothing listens on the ports ${closed.join(', ')} of WAIT_PORTS`);
  log.warn({ ports: closed }, 'nothing listens on some ports of WAIT_PORTS; the sandbox is ready without them');
}
