import { readFile } from 'node:fs/promises';

import { openRegular } from '../../file/open-regular.ts';
import { openDraft, prepareTarget } from '../../file/draft.ts';
import { BrowserFailure } from '../session/browser-failure.ts';

/** What playwright calls a storage state. */
export interface StorageState {
  readonly cookies: readonly unknown[];
  readonly origins: readonly unknown[];
}

const MAX_BYTES = 64 * 1024 * 1024;

/** Whole or not at all, and for its owner's eyes alone: whoever reads it is logged in. */
export async function writeState(path: string, state: StorageState): Promise<void> {
  const place = await prepareTarget(path, 'write');
  const draft = await openDraft(place);
  try {
    if (place.existing === undefined) await draft.file.chmod(0o600);
    await draft.file.writeFile(JSON.stringify(state, undefined, 2));
    await draft.commit();
  } finally {
    await draft.discard();
  }
}

/** @throws BrowserFailure when it is no such file */
export async function readState(path: string): Promise<StorageState> {
  const fail = (why: string, cause?: unknown) => new BrowserFailure(`Cannot load ${path}: ${why}`, cause);
  const { file, stats } = await openRegular(path, 'load');
  try {
    if (stats.size > MAX_BYTES) throw fail(`it is larger than ${MAX_BYTES} bytes`);
    return toState(await readFile(file, 'utf8'), fail);
  } finally {
    await file.close();
  }
}

function toState(text: string, fail: (why: string, cause?: unknown) => BrowserFailure): StorageState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fail('it is no JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail('it is no storage state');
  const { cookies = [], origins = [] } = value as { readonly cookies?: unknown; readonly origins?: unknown };
  if (!Array.isArray(cookies) || !Array.isArray(origins)) throw fail('its cookies and origins must be lists');
  return { cookies, origins };
}
