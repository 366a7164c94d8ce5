import { stat } from 'node:fs/promises';

import { resolvePath, type Places } from '../../file/workspace-path.ts';
import { evaluateOn, type Timeout } from './fields.ts';
import { fieldOf } from './in-page/field.ts';
import { PageError } from './page-error.ts';
import type { PageTurn } from './run-on-page.ts';
import type { Found } from './target.ts';

/** What a click may take to bring up the dialog. */
const CHOOSER_MS = 5000;

/** @throws PageError when one is no regular file that can be found */
export async function existingFiles(paths: readonly string[], places: Places): Promise<string[]> {
  return Promise.all(
    paths.map(async (given) => {
      const path = resolvePath(given, places, 'upload');
      const stats = await stat(path).catch(() => undefined);
      if (stats === undefined) throw new PageError(`There is no file ${path} in the sandbox.`);
      if (!stats.isFile()) throw new PageError(`${path} is not a regular file.`);
      return path;
    }),
  );
}

/** Into the field itself, or into the dialog that a click on it brings up. */
export async function upload(turn: PageTurn, found: Found, files: readonly string[], options: Timeout): Promise<void> {
  const { tag, type } = await evaluateOn(found, fieldOf, options);
  if (tag === 'input' && type === 'file') return found.setInputFiles([...files], options);
  const timeout = Math.min(turn.left(), CHOOSER_MS);
  const chooser = turn.page.waitForEvent('filechooser', { timeout });
  // It is waited for below; until then a failed click comes first.
  chooser.catch(() => {});
  await found.click(options);
  const dialog = await chooser.catch(() => {
    throw new PageError('The selector is no file field, and a click on it opens no file chooser.');
  });
  await dialog.setFiles([...files], options);
}
