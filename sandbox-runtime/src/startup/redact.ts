import type { Environment } from '../config.ts';

/** Names under which people keep secrets: GITHUB_TOKEN, OPENAI_API_KEY, DB_PASSWORD, … */
const SECRET_NAME = /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|KEYS?(?:_|$)|(?:^|_)AUTH(?:_|$)/i;
/** Shorter values ("1", "true") are no secrets, and hiding them would make a log unreadable. */
const MIN_SECRET_LENGTH = 6;
const HIDDEN = '[redacted]';

/** Where secrets stand that no variable holds. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^\s/@]{1,512}@/g, `://${HIDDEN}@`],
  [/\b(Bearer|Basic) [\w.~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
];

/** Hides secrets of the environment in text that is going to a log. `cut`: the text's beginning is missing. */
export type Redact = (text: string, cut: boolean) => string;

export function createRedact(env: Environment): Redact {
  const secrets = Object.entries(env)
    .filter(([name, value]) => SECRET_NAME.test(name) && value.length >= MIN_SECRET_LENGTH)
    .map(([, value]) => value)
    // One that contains another goes first, or its rest would stay.
    .toSorted((a, b) => b.length - a.length);
  const longest = secrets[0]?.length ?? 0;
  return (text, cut) => {
    const known = secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
    const shown = PATTERNS.reduce((shown, [pattern, hidden]) => shown.replaceAll(pattern, hidden), known);
    // What is left of a secret that the cut went through is at the very beginning, and no longer than the longest.
    return cut ? shown.slice(longest) : shown;
  };
}
