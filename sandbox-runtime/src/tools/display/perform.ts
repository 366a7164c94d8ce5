import { setTimeout as delay } from 'node:timers/promises';

import { ApiError } from '@sandfleet/contract';
import type { ActionOf, ActionType, BrowserAction } from '@sandfleet/contract/runtime';

import { DisplayError } from './display-error.ts';
import { keyStrokes } from './key-strokes.ts';
import type { Performance } from './performance.ts';
import { BUTTON } from './pointer-and-keys.ts';
import { pasteText, typeText } from './type-text.ts';
import type { Point, Size, XScreen } from './x-screen.ts';

/** Programs tell a drag from a click by pointer motions on the way, which they look at one after the other. */
const DRAG_STEPS = 12;
const DRAG_STEP_MS = 10;
const CLICK_PAUSE_MS = 40;
/** Browsers look for what was clicked and take keys by different ways: who types at once would type into the field before. */
const CLICK_SETTLES_MS = 250;
const KEYS: ReadonlySet<ActionType> = new Set(['TYPING', 'PRESS', 'KEY_DOWN', 'KEY_UP', 'HOTKEY'] as const);
/** So many notches are turned before the screen is waited for. */
const NOTCHES_A_TURN = 50;

type Perform<T extends ActionType> = (action: ActionOf<T>, performance: Performance) => Promise<void>;
/** All but WAIT, for which there need be no screen. */
type Performed = Exclude<ActionType, 'WAIT'>;

const PERFORM: { readonly [T in Performed]: Perform<T> } = {
  MOVE_TO: (action, { screen }) => moveTo(screen, action),
  MOVE_REL: async (action, { screen }) => moveTo(screen, await relative(screen, action)),
  CLICK: (action, { screen }) =>
    click(screen, { place: action, button: BUTTON[action.button ?? 'left'], times: action.num_clicks ?? 1 }),
  RIGHT_CLICK: (action, { screen }) => click(screen, { place: action, button: BUTTON.right, times: 1 }),
  DOUBLE_CLICK: (action, { screen }) => click(screen, { place: action, button: BUTTON.left, times: 2 }),
  MOUSE_DOWN: async ({ button = 'left' }, { screen }) => screen.input.button(BUTTON[button], true),
  MOUSE_UP: async ({ button = 'left' }, { screen }) => screen.input.button(BUTTON[button], false),
  DRAG_TO: (action, performance) => drag(performance, action),
  DRAG_REL: async (action, performance) => drag(performance, await relative(performance.screen, action)),
  SCROLL: scroll,
  TYPING: ({ text, use_clipboard: byClipboard = true }, performance) =>
    byClipboard ? pasteText(performance, text) : typeText(performance, text),
  PRESS: ({ key }, { screen }) => keyStrokes(screen, [key], 'both'),
  KEY_DOWN: ({ key }, { screen }) => keyStrokes(screen, [key], 'down'),
  KEY_UP: ({ key }, { screen }) => keyStrokes(screen, [key], 'up'),
  HOTKEY: ({ keys }, { screen }) => keyStrokes(screen, keys, 'both'),
};

/** Does one action, and resolves once the screen has all of it. @throws DisplayError when it can't be done; nothing is then done */
export async function perform(action: Exclude<BrowserAction, { action_type: 'WAIT' }>, performance: Performance): Promise<void> {
  // The table has for each type the function that takes this type's action, which the index alone can't say.
  const run = PERFORM[action.action_type] as Perform<Performed>;
  const { screen } = performance;
  if (KEYS.has(action.action_type)) await delay(Math.max(0, screen.input.lastButton + CLICK_SETTLES_MS - Date.now()));
  await run(action, performance);
  await screen.sync();
}

async function moveTo(screen: XScreen, wanted: Point): Promise<void> {
  const { x, y } = onScreen(wanted, await screen.size());
  screen.input.move(x, y);
}

async function relative(screen: XScreen, offset: { readonly x_offset: number; readonly y_offset: number }): Promise<Point> {
  const { x, y } = await screen.pointer();
  return { x: x + offset.x_offset, y: y + offset.y_offset };
}

/** @throws DisplayError when it is beyond an edge */
export function onScreen({ x, y }: Point, { width, height }: Size): Point {
  const point = { x: Math.round(x), y: Math.round(y) };
  if (point.x < 0 || point.y < 0 || point.x >= width || point.y >= height)
    throw new DisplayError(`The place ${point.x},${point.y} is not on the screen, which is ${width} x ${height} pixels.`);
  return point;
}

interface Click {
  readonly place: { readonly x?: number; readonly y?: number };
  readonly button: number;
  readonly times: number;
}

async function click(screen: XScreen, { place: { x, y }, button, times }: Click): Promise<void> {
  if (x !== undefined && y !== undefined) await moveTo(screen, { x, y });
  else if (x !== undefined || y !== undefined) throw missing(x === undefined ? 'x' : 'y');
  for (let turn = 0; turn < times; turn += 1) {
    // Clicks with one and the same time are one click to browsers.
    if (turn > 0) await delay(CLICK_PAUSE_MS);
    screen.input.button(button, true);
    screen.input.button(button, false);
  }
}

function missing(field: string): ApiError {
  const message = 'is required beside the other coordinate';
  return new ApiError('VALIDATION_FAILED', {
    message: `body.${field} ${message}`,
    fields: [{ location: ['body', field], message, rule: 'required' }],
  });
}

async function drag({ screen, signal }: Performance, wanted: Point): Promise<void> {
  const end = onScreen(wanted, await screen.size());
  const start = await screen.pointer();
  screen.input.button(BUTTON.left, true);
  try {
    for (let step = 1; step <= DRAG_STEPS; step += 1) {
      await pause(signal);
      const share = step / DRAG_STEPS;
      screen.input.move(Math.round(start.x + (end.x - start.x) * share), Math.round(start.y + (end.y - start.y) * share));
      await screen.sync();
    }
    await pause(signal);
  } finally {
    screen.input.button(BUTTON.left, false);
  }
}

const pause = async (signal: AbortSignal): Promise<void> => {
  await delay(DRAG_STEP_MS);
  signal.throwIfAborted();
};

async function scroll({ dx = 0, dy = 0 }: ActionOf<'SCROLL'>, { screen, signal }: Performance): Promise<void> {
  const wheels = [
    [dy > 0 ? BUTTON.up : BUTTON.down, Math.abs(dy)],
    [dx > 0 ? BUTTON.towardsRight : BUTTON.towardsLeft, Math.abs(dx)],
  ] as const;
  for (const [button, notches] of wheels) {
    for (let turned = 1; turned <= notches; turned += 1) {
      screen.input.button(button, true);
      screen.input.button(button, false);
      if (turned % NOTCHES_A_TURN !== 0) continue;
      await screen.sync();
      signal.throwIfAborted();
    }
  }
}
