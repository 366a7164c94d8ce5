import { browserStateContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';
import type { BrowserContext } from 'playwright-core';

import type { Tool, ToolContext } from '../../../tool.ts';
import { toFileError } from '../../file/file-error.ts';
import { resolvePath } from '../../file/workspace-path.ts';
import type { BrowserSession } from '../browser-session.ts';
import { answerFromBrowser, failure } from '../session/answer.ts';
import { until } from '../session/until.ts';
import { readState, writeState } from './state-file.ts';

type LoadedState = Exclude<Parameters<BrowserContext['setStorageState']>[0], string>;

export function browserStateTool({ app, places }: ToolContext, browser: BrowserSession): Tool {
  implement(app, browserStateContract, {
    browser_state_save: ({ body }, { signal }) =>
      withPath(body.path, 'write', (path) =>
        answerFromBrowser(browser, signal, async (active) => {
          const state = await until(
            active.signal,
            active.tabs.quietly(() => active.context.storageState()),
          );
          await inWords(path, 'write', () => writeState(path, state));
          return { path, cookies: state.cookies.length, origins: state.origins.length };
        }),
      ),
    browser_state_load: ({ body }, { signal }) =>
      withPath(body.path, 'load', async (path) => {
        const state = await inWords(path, 'load', () => readState(path));
        return answerFromBrowser(browser, signal, async (active) => {
          // playwright checks each field itself and says which is wrong.
          const load = () => active.context.setStorageState(state as LoadedState);
          await until(active.signal, active.tabs.quietly(load));
          return { path, cookies: state.cookies.length, origins: state.origins.length };
        });
      }),
  });
  return { contract: browserStateContract, close: async () => {} };

  async function withPath<T>(given: string, operation: string, run: (path: string) => Promise<T>) {
    try {
      return await run(resolvePath(given, places, operation));
    } catch (error) {
      return failure<never>(error);
    }
  }
}

async function inWords<T>(path: string, operation: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toFileError(error, path, operation);
  }
}
