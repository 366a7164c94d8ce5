import { setTimeout as delay } from 'node:timers/promises';

import { browserDisplayContract, displayContract, type BrowserAction } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';
import type { FastifyRequest } from 'fastify';

import { ok } from '../../server/answers.ts';
import type { Services } from '../../services/service.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { FileError } from '../file/file-error.ts';
import { currentSize, parseResolution, setResolution } from './config-route.ts';
import { Desktop } from './desktop.ts';
import { DisplayError } from './display-error.ts';
import { perform } from './perform.ts';
import { record } from './record-route.ts';
import { Recorder } from './recorder.ts';
import { Screenshots } from './screenshot.ts';
import { settledPages } from './settled-pages.ts';

/** A long text fits, escaped as JSON. */
const ACTION_BODY_BYTES = 4 * 1024 * 1024;

/** The screen itself: what can be seen on it, and what one who sits there can do. */
export function displayTool({ app, config, env, places, log, services }: ToolContext): Tool {
  const desktop = new Desktop(services, log);
  const recorder = new Recorder(services.screenEnv);
  const screenshots = new Screenshots(desktop, env);
  const parts = { services, desktop, recorder, places, maxSeconds: config.MAX_RECORD_SECONDS, maxBytes: config.MAX_RECORD_BYTES };

  // Of the routes that follow, one: those of an optional body have a hook of their own at this place.
  app.addHook('preValidation', takeResolutionAsText);
  implement(
    app,
    browserDisplayContract,
    {
      async browser_screenshot({ query }, { reply, signal }) {
        const failure = await failureOf(() => screenshots.send(reply, query, signal));
        if (failure !== undefined) void reply.type('application/json; charset=utf-8').send(JSON.stringify(failed(failure)));
      },
      async browser_execute_action({ body }, { signal }) {
        const hints: string[] = [];
        const failure = await failureOf(() => act(body, { desktop, services, signal, hint: (sentence) => hints.push(sentence) }));
        if (failure !== undefined) return { ...failed(failure), action_performed: '' };
        const data = { status: 'success', action_performed: body.action_type } as const;
        return { ...ok(data), ...data, ...(hints.length === 0 ? {} : { hint: hints.join(' ') }) };
      },
      async browser_set_config({ body: { resolution } }, { signal }) {
        const failure = await failureOf(async () => (resolution ? setResolution(resolution, parts, signal) : undefined));
        if (failure !== undefined) return failed(failure);
        const size = await currentSize(parts, signal);
        return ok({ resolution: size, ...size });
      },
    },
    {
      route: (operationId) => (operationId === 'browser_execute_action' ? { bodyLimit: ACTION_BODY_BYTES } : {}),
    },
  );
  implement(app, displayContract, {
    async display_record({ body }, { signal }) {
      try {
        const { data, hint } = await record(body, parts, signal);
        return { ...ok(data), ...(hint === undefined ? {} : { hint }) };
      } catch (error) {
        if (!isTold(error)) throw error;
        return { success: false, message: error.message, data: await recorder.status() };
      }
    },
  });
  return {
    contract: { ...browserDisplayContract, ...displayContract },
    close: async () => {
      await recorder.close();
      await desktop.close();
    },
  };
}

interface Acting {
  readonly desktop: Desktop;
  readonly services: Services;
  readonly signal: AbortSignal;
  readonly hint: (sentence: string) => void;
}

async function act(action: BrowserAction, { desktop, services, signal, hint }: Acting): Promise<void> {
  if (action.action_type === 'WAIT') return delay(action.duration * 1000, undefined, { signal });
  return desktop.useAlone(signal, (screen) => {
    // Whoever hangs up leaves the keys struck: the next must not come before the page has done what they say.
    const pages = () => settledPages(services.ports.devtools, screen.closed);
    return perform(action, { screen, signal, hint, settledPages: pages });
  });
}

const isTold = (error: unknown): error is Error => error instanceof DisplayError || error instanceof FileError;

/** The words for what the screen can't do; all else is thrown on. */
async function failureOf(task: () => Promise<void>): Promise<string | undefined> {
  try {
    await task();
    return undefined;
  } catch (error) {
    if (!isTold(error)) throw error;
    return error.message;
  }
}

const failed = (message: string) => ({ success: false, message, data: null });

async function takeResolutionAsText({ body, routeOptions }: FastifyRequest): Promise<void> {
  if (routeOptions.url !== browserDisplayContract.browser_set_config.path) return;
  if (typeof body !== 'object' || body === null || !('resolution' in body)) return;
  body.resolution = parseResolution(body.resolution);
}
