import { expect, it } from 'vitest';

import { optionsAfter } from './options-after.ts';

it.for([
  [{ locale: 'de' }, {}, { locale: 'de' }],
  [{ locale: 'de' }, { locale: null }, {}],
  [{ locale: 'de' }, { locale: 'fr' }, { locale: 'fr' }],
  [{ allowFileSelectionDialogs: true }, { allow_file_selection_dialogs: false }, { allowFileSelectionDialogs: false }],
  [{ allowFileSelectionDialogs: false }, { allow_file_selection_dialogs: null }, {}],
  [{ urlBlocklist: ['a'] }, { url_allowlist: ['b'] }, { urlBlocklist: ['a'], urlAllowlist: ['b'] }],
  [{ urlBlocklist: ['a'] }, { url_blocklist: [] }, { urlBlocklist: [] }],
] as const)('a restart takes %j by %j to %j', ([options, changes, after]) => {
  expect(optionsAfter(options, changes)).toEqual(after);
});
