import type { CODE_LANGUAGE_NAMES, CodeLanguage } from '@sandfleet/contract/runtime';

const LANGUAGES: Readonly<Record<(typeof CODE_LANGUAGE_NAMES)[number], CodeLanguage>> = {
  python: 'python',
  py: 'python',
  python3: 'python',
  javascript: 'javascript',
  js: 'javascript',
  node: 'javascript',
  nodejs: 'javascript',
};

/** The language that a name stands for. */
export const languageOf = (name: (typeof CODE_LANGUAGE_NAMES)[number]): CodeLanguage => LANGUAGES[name];
