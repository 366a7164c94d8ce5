import type { BrowserOptions } from '../../../services/service.ts';

export interface Changes {
  readonly url_blocklist?: readonly string[] | null;
  readonly url_allowlist?: readonly string[] | null;
  readonly allow_file_selection_dialogs?: boolean | null;
  readonly locale?: string | null;
}

/** What is left out stays, and null takes away. */
export function optionsAfter(options: BrowserOptions, changes: Changes): BrowserOptions {
  const after = {
    urlBlocklist: changed(options.urlBlocklist, changes.url_blocklist),
    urlAllowlist: changed(options.urlAllowlist, changes.url_allowlist),
    allowFileSelectionDialogs: changed(options.allowFileSelectionDialogs, changes.allow_file_selection_dialogs),
    locale: changed(options.locale, changes.locale),
  };
  // Every field may be left out, and only those are taken away.
  return Object.fromEntries(Object.entries(after).filter(([, value]) => value !== undefined)) as BrowserOptions;
}

const changed = <T>(old: T | undefined, given: T | null | undefined): T | undefined => {
  if (given === null) return undefined;
  return given === undefined ? old : given;
};
