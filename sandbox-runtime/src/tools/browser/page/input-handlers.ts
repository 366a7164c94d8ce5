import type { browserPageInputContract } from '@sandfleet/contract/runtime';
import type { Handlers } from '@sandfleet/server-kit';

import type { ToolContext } from '../../../tool.ts';
import type { BrowserSession } from '../browser-session.ts';
import { choose, fillField, focusedField, setTicked, type Option } from './fields.ts';
import { fillForm } from './fill-form.ts';
import { scrollBy, scrollTo } from './in-page/scroll.ts';
import { onLivingDocument } from './living-document.ts';
import { chordOf, chordOfAll, MAX_TYPING_SECONDS, pressKeys, typeText } from './keyboard.ts';
import { PageError } from './page-error.ts';
import { refuse } from './refuse.ts';
import { runOnPage, type PageTurn } from './run-on-page.ts';
import { withTarget, type Found, type Target } from './target.ts';
import { existingFiles, upload } from './upload.ts';

/** A form may have many fields; each has its own limit. */
const FORM_SECONDS = 120;

const DIRECTIONS = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] } as const;

interface Point {
  readonly x?: number | undefined;
  readonly y?: number | undefined;
}

const isNamed = ({ selector, index }: Target): boolean => selector !== undefined || index !== undefined;
const pointOf = ({ x, y }: Point): { x: number; y: number } | undefined =>
  x === undefined || y === undefined ? undefined : { x, y };

/** Whoever gives neither says nothing that could be done. */
function mustSayWhere(body: Target & Point): void {
  if (!isNamed(body) && pointOf(body) === undefined) refuse('selector', 'a selector, an index, or x and y are needed');
}

export function inputHandlers(
  { config, places }: ToolContext,
  browser: BrowserSession,
): Handlers<typeof browserPageInputContract> {
  const secondsOf = (timeout: number | undefined): number => timeout ?? config.SANDFLEET_PAGE_ACTION_SECONDS;
  /** An action on the page, whose answer is what it found and where the page stands then. */
  const act = (
    call: { readonly signal: AbortSignal; readonly seconds: number; readonly what: string },
    action: (turn: PageTurn) => Promise<object | void>,
  ) => runOnPage(browser, call, async (turn) => ({ ...(await action(turn)), url: turn.page.url() }));
  const onTarget = (
    { selector, index, timeout }: Target & { readonly timeout?: number | undefined },
    { signal, verb }: { readonly signal: AbortSignal; readonly verb: string },
    action: (found: Found, options: { readonly timeout: number }, turn: PageTurn) => Promise<object | void>,
    wanted: 'visible' | 'attached' = 'visible',
  ) =>
    act({ signal, seconds: secondsOf(timeout), what: 'The action' }, (turn) =>
      withTarget(turn, { selector, index }, { wanted, verb }, (found, options) => action(found, options, turn)),
    );
  const tick = (ticked: boolean, body: Target & { readonly timeout?: number | undefined }, signal: AbortSignal) =>
    onTarget(
      body,
      { signal, verb: ticked ? 'ticked' : 'unticked' },
      async (found, options) => {
        await setTicked(found, ticked, options);
        return { checked: ticked };
      },
      'attached',
    );

  return {
    browser_page_click: ({ body }, { signal }) => {
      mustSayWhere(body);
      const { button = 'left', click_count: clickCount = 1 } = body;
      const point = pointOf(body);
      if (!isNamed(body) && point !== undefined)
        return act({ signal, seconds: secondsOf(body.timeout), what: 'The click' }, ({ page }) =>
          page.mouse.click(point.x, point.y, { button, clickCount }),
        );
      return onTarget(body, { signal, verb: 'clicked' }, (found, options) => found.click({ button, clickCount, ...options }));
    },
    browser_page_hover: ({ body }, { signal }) => {
      mustSayWhere(body);
      const point = pointOf(body);
      if (!isNamed(body) && point !== undefined)
        return act({ signal, seconds: secondsOf(body.timeout), what: 'The move' }, ({ page }) =>
          page.mouse.move(point.x, point.y),
        );
      return onTarget(body, { signal, verb: 'hovered' }, (found, options) => found.hover(options));
    },
    browser_page_fill: ({ body }, { signal }) => {
      if (!isNamed(body))
        return act({ signal, seconds: secondsOf(body.timeout), what: 'Filling' }, async (turn) => {
          const field = await onLivingDocument(turn, () => focusedField(turn.page));
          await fillField(field, body.text, { timeout: turn.left() });
        });
      return onTarget(body, { signal, verb: 'filled' }, (found, options) => fillField(found, body.text, options), 'attached');
    },
    browser_page_type: ({ body }, { signal }) =>
      act({ signal, seconds: MAX_TYPING_SECONDS, what: 'Typing' }, (turn) => typeText(turn, body.text, body.delay ?? 0)),
    browser_page_press_key: ({ body }, { signal }) =>
      act({ signal, seconds: secondsOf(undefined), what: 'The key' }, async ({ page }) => {
        const keys = chordOf(body.key);
        await pressKeys(page.keyboard, keys);
        return { key: keys.join('+') };
      }),
    browser_page_hot_key: ({ body }, { signal }) =>
      act({ signal, seconds: secondsOf(undefined), what: 'The chord' }, async ({ page }) => {
        const keys = chordOfAll(body.keys);
        await pressKeys(page.keyboard, keys);
        return { keys };
      }),
    browser_page_select_option: ({ body }, { signal }) => {
      const option = optionOf(body);
      return onTarget(
        { selector: body.selector, timeout: body.timeout },
        { signal, verb: 'chosen from' },
        async (found, options) => ({ selected: await choose(found, option, options) }),
        'attached',
      );
    },
    browser_page_check: ({ body }, { signal }) => tick(true, body, signal),
    browser_page_uncheck: ({ body }, { signal }) => tick(false, body, signal),
    browser_page_upload_file: ({ body }, { signal }) =>
      act({ signal, seconds: secondsOf(body.timeout), what: 'The upload' }, async (turn) => {
        const files = await existingFiles(body.files, places);
        await withTarget(turn, body, { wanted: 'attached', verb: 'found' }, (found, options) =>
          upload(turn, found, files, options),
        );
        return { files };
      }),
    browser_page_fill_form: ({ body }, { signal }) =>
      act({ signal, seconds: FORM_SECONDS, what: 'The form' }, async (turn) => {
        const results = await fillForm(turn, body.items, { places, seconds: secondsOf(body.timeout) });
        const failed = results.filter(({ success }) => !success);
        const data = { filled: results.length - failed.length, results };
        if (failed.length === 0) return data;
        const reasons = failed.map(({ field, message }) => `${field}: ${message}`).join(' ');
        throw new PageError(`${failed.length} of ${results.length} fields could not be filled. ${reasons}`.slice(0, 4000), {
          data: { ...data, url: turn.page.url() },
        });
      }),
    browser_page_scroll: ({ body }, { signal }) =>
      act({ signal, seconds: secondsOf(undefined), what: 'Scrolling' }, ({ page }) => {
        const [x, y] = DIRECTIONS[body.direction ?? 'down'];
        const amount = body.amount ?? 300;
        return page.evaluate(scrollBy, [x * amount, y * amount] as const);
      }),
    browser_page_scroll_to: ({ body }, { signal }) =>
      act({ signal, seconds: secondsOf(undefined), what: 'Scrolling' }, ({ page }) =>
        page.evaluate(scrollTo, [body.x ?? 0, body.y ?? 0] as const),
      ),
    browser_page_scroll_to_element: ({ body }, { signal }) =>
      onTarget(body, { signal, verb: 'scrolled to' }, async (found, options) => {
        await found.scrollIntoViewIfNeeded(options);
        return { ...(await found.boundingBox()) };
      }),
  };
}

function optionOf({ value, label, index }: { value?: string; label?: string; index?: number }): Option {
  if (value !== undefined) return { value };
  if (label !== undefined) return { label };
  if (index !== undefined) return { index };
  return refuse('value', 'value, label or index is needed');
}
