import type { FormItem } from '@sandfleet/contract/runtime';

import type { Places } from '../../file/workspace-path.ts';
import { fillField, setTicked } from './fields.ts';
import { PageError, toPageError } from './page-error.ts';
import type { PageTurn } from './run-on-page.ts';
import { withTarget, type Target } from './target.ts';
import { existingFiles, upload } from './upload.ts';

export interface FieldResult {
  readonly field: string;
  readonly success: boolean;
  readonly message?: string;
}

interface Form {
  readonly places: Places;
  /** Of one field. */
  readonly seconds: number;
}

/** Fills one field after the other; one that fails does not keep the others from being filled. */
export async function fillForm(turn: PageTurn, items: readonly FormItem[], form: Form): Promise<readonly FieldResult[]> {
  const results: FieldResult[] = [];
  for (const item of items) {
    turn.signal.throwIfAborted();
    results.push(await attempt(turn, item, form));
  }
  return results;
}

async function attempt(turn: PageTurn, item: FormItem, form: Form): Promise<FieldResult> {
  const field = nameOfField(item);
  try {
    await fillItem(turn, item, form);
    return { field, success: true };
  } catch (error) {
    const shown = toPageError(error, turn.page);
    if (!(shown instanceof PageError) || turn.page.isClosed()) throw error;
    return { field, success: false, message: shown.message };
  }
}

async function fillItem(turn: PageTurn, item: FormItem, { places, seconds }: Form): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const own: PageTurn = { ...turn, left: () => Math.max(1, Math.min(turn.left(), end - performance.now())) };
  const text = item.text ?? item.value;
  if (item.files !== undefined) {
    const files = await existingFiles(item.files, places);
    return withTarget(own, targetOf(item), { wanted: 'attached', verb: 'filled' }, (found, options) =>
      upload(own, found, files, options),
    );
  }
  const ticked = item.checked ?? (typeof text === 'boolean' ? text : undefined);
  if (ticked !== undefined)
    return withTarget(own, targetOf(item), { wanted: 'attached', verb: 'ticked' }, (found, options) =>
      setTicked(found, ticked, options),
    );
  if (text === undefined) throw new PageError('The item says nothing to fill in: give text, value, checked or files.');
  return withTarget(own, targetOf(item), { wanted: 'attached', verb: 'filled' }, (found, options) =>
    fillField(found, String(text), options),
  );
}

/** playwright-core's selectors of labels and attributes take their text as JSON. */
function targetOf({ selector, index, label, name, placeholder }: FormItem): Target {
  if (selector !== undefined) return { selector };
  if (index !== undefined) return { index };
  if (label !== undefined) return { selector: `internal:label=${JSON.stringify(label)}i` };
  if (name !== undefined) return { selector: `[name=${quoted(name)}]` };
  if (placeholder !== undefined) return { selector: `[placeholder=${quoted(placeholder)}]` };
  throw new PageError('The item names no field: give selector, index, label, name or placeholder.');
}

/** A string of CSS. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll(/[\n\r\f]/g, ' ')}"`;

const nameOfField = ({ selector, label, name, placeholder, index }: FormItem): string =>
  (selector ?? label ?? name ?? placeholder ?? (index === undefined ? '' : `element ${index}`)).slice(0, 200);
