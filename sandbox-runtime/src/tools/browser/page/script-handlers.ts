import type { browserPageScriptContract, PageRecording } from '@sandfleet/contract/runtime';
import type { Handlers } from '@sandfleet/server-kit';

import { ok } from '../../../server/answers.ts';
import type { ToolContext } from '../../../tool.ts';
import { FileError } from '../../file/file-error.ts';
import type { BrowserSession } from '../browser-session.ts';
import { BrowserFailure } from '../session/browser-failure.ts';
import { evaluateOnPage } from './evaluate.ts';
import type { FilmOrder, Recorder } from './film/recorder.ts';
import { onLivingDocument } from './living-document.ts';
import { PageError } from './page-error.ts';
import { runOnPage, type PageAnswer } from './run-on-page.ts';
import { checkWait, waitOnPage, type WaitTools } from './wait.ts';

const SECONDS = 30;
/** Beyond the film itself: its first image, and the encoder's last. */
const FILM_MARGIN_SECONDS = 30;

export interface ScriptTools extends WaitTools {
  readonly recorder: Recorder;
}

export function scriptHandlers(
  { config, services }: ToolContext,
  browser: BrowserSession,
  tools: ScriptTools,
): Handlers<typeof browserPageScriptContract> {
  const { recorder } = tools;
  return {
    browser_page_evaluate: ({ body }, { signal }) => {
      const seconds = body.timeout ?? SECONDS;
      return runOnPage(browser, { signal, seconds, what: 'The code' }, async (turn) => {
        const { value, cut } = await onLivingDocument(turn, (again) =>
          evaluateOnPage(turn, { expression: body.expression, seconds, again }),
        );
        if (cut) turn.hint('The value is larger than an answer holds; a part of it is left out.');
        return value;
      });
    },
    browser_page_wait: async ({ body }, { signal }) => {
      checkWait(body);
      const seconds = body.timeout ?? SECONDS;
      // A wait for the time alone comes to its own end.
      const call = { signal, seconds: body.type === 'timeout' ? seconds + 1 : seconds, what: 'The wait' };
      return runOnPage(browser, call, async (turn) => ({ ...(await waitOnPage(turn, body, tools)), url: turn.page.url() }));
    },
    browser_page_record: ({ body }, { signal }) => {
      const order = (seconds: number): FilmOrder => ({
        path: recorder.pathOf(body.save_path),
        fps: body.fps ?? 15,
        quality: body.quality ?? 80,
        seconds,
      });
      switch (body.action ?? 'once') {
        case 'once': {
          const seconds = body.duration ?? 10;
          const call = { signal, seconds: seconds + FILM_MARGIN_SECONDS, what: 'The film' };
          return runOnPage(browser, call, (turn) => recorder.once(turn, order(seconds)));
        }
        case 'start':
          return recording(() =>
            recorder.start(order(config.SANDFLEET_PAGE_RECORD_SECONDS), {
              session: browser,
              service: services.get('browser'),
              signal,
            }),
          );
        case 'pause':
          return recording(() => recorder.pause());
        case 'resume':
          return recording(() => recorder.resume());
        case 'stop':
          return recording(() => recorder.stop());
        case 'status':
          return recording(() => recorder.status());
      }
    },
  };
}

/** What needs no page of its own. */
async function recording(action: () => Promise<PageRecording> | PageRecording): Promise<PageAnswer<PageRecording>> {
  try {
    return ok<PageRecording | null>(await action());
  } catch (error) {
    if (!(error instanceof PageError || error instanceof BrowserFailure || error instanceof FileError)) throw error;
    return { success: false, message: error.message, data: null };
  }
}
