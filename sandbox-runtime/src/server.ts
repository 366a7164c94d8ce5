import { toOpenApi, type Contract } from '@sandfleet/contract';
import { RuntimeError } from '@sandfleet/contract/runtime';
import { createMetrics, createServer, VERSION, type Logger } from '@sandfleet/server-kit';
import type { FastifyInstance } from 'fastify';

import { childEnvironment, workspaceOf, type Config } from './config.ts';
import { acceptAliases } from './server/aliases.ts';
import { guard } from './server/auth/guard.ts';
import { serveDocs } from './server/docs.ts';
import { letEarlyAnswersArrive } from './server/early-answers.ts';
import { runtimeErrors } from './server/errors.ts';
import { dropNulls } from './server/nulls.ts';
import { acceptUpgrades } from './server/upgrade.ts';
import { createServices } from './services/create-services.ts';
import type { Services } from './services/service.ts';
import { separatePreviewHosts } from './surfaces/preview/preview-hosts.ts';
import type { Tool, ToolContext } from './tool.ts';
import { mountTools } from './tools.ts';

const BODY_LIMIT = 1024 * 1024;
/** Longer than clients keep idle connections: whoever closes first must not be the one that a request is on its way to. */
const KEEP_ALIVE_MS = 75_000;
/** What answers of ended calls get to reach their clients. */
const LAST_ANSWERS_MS = 2000;

export interface RuntimeOptions {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Always, when left out. */
  readonly isReady?: () => boolean;
  /** UNIX socket that programs in the sandbox are told of. */
  readonly socketPath?: string | undefined;
  /** Closed with the server. New ones when left out. */
  readonly services?: Services;
}

/** The whole runtime, listening to nothing yet. `close` ends what it started. */
export function createRuntime(options: RuntimeOptions): FastifyInstance {
  const { config, env, log, isReady = () => true, socketPath } = options;
  const childEnv = childEnvironment(env, config, socketPath);
  const services = options.services ?? createServices({ config, env: childEnv, log });
  const metrics = createMetrics('runtime', VERSION);
  const app = createServer({ log, metrics, errors: runtimeErrors, bodyLimit: BODY_LIMIT });
  app.server.keepAliveTimeout = KEEP_ALIVE_MS;
  separatePreviewHosts(app);
  const door = guard(app, config);
  if (!door.isOn) log.warn('neither JWT_PUBLIC_KEY nor SANDBOX_API_KEY is set: nobody needs a credential');
  acceptUpgrades(app);
  letEarlyAnswersArrive(app);
  dropNulls(app);
  acceptAliases(app);

  const context: ToolContext = {
    app,
    guard: door,
    config,
    env: childEnv,
    places: { home: config.HOME, workspace: workspaceOf(config) },
    log,
    metrics,
    services,
    isReady,
  };
  const tools = mountTools(context);
  const document = openApi(Object.assign({}, ...tools.map(({ contract }) => contract)) as Contract);
  app.get('/v1/openapi.json', async () => document);
  serveDocs(app, config.SANDFLEET_ASSETS_DIR);
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  app.addHook('preClose', async () => {
    await closeAll(tools);
    await services.close();
    // The tools have ended what was under way; a connection on which nothing was ever asked would be waited for.
    setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS).unref();
  });
  return app;
}

async function closeAll(tools: readonly Tool[]): Promise<void> {
  await Promise.all(tools.map(async (tool) => tool.beforeClose?.()));
  await Promise.all(tools.map((tool) => tool.close()));
}

function openApi(contract: Contract): Record<string, unknown> {
  return toOpenApi(contract, {
    title: 'sandfleet runtime',
    version: VERSION,
    description: 'The sandbox that this document comes from. Optional fields may be null.',
    errorMediaType: 'application/json',
    errorSchema: RuntimeError,
    commonErrors: ['UNAUTHENTICATED', 'VALIDATION_FAILED'],
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      key: { type: 'apiKey', in: 'header', name: 'X-AIO-API-Key' },
      ticket: { type: 'apiKey', in: 'query', name: 'ticket' },
    },
  });
}
