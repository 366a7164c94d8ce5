import { describe, expect, it } from 'vitest';

import { createRedact } from './redact.ts';

describe('createRedact()', () => {
  const redact = createRedact({
    GITHUB_TOKEN: 'ghp_0123456789',
    OPENAI_API_KEY: 'sk-abcdef',
    OPENAI_API_KEY_OLD: 'sk-abcdef-older',
    DB_PASSWORD: 'hunter22',
    MY_SECRET_FLAG: 'true',
    GIT_AUTHOR_NAME: 'Grace Hopper',
    PATH: '/usr/bin',
  });

  const attacks: readonly [string, string, string][] = [
    ['a token', 'pushed with ghp_0123456789!', 'pushed with [redacted]!'],
    ['a secret twice', 'sk-abcdef sk-abcdef', '[redacted] [redacted]'],
    ['a secret that another begins with', 'sk-abcdef-older', '[redacted]'],
    ['a password in a URL', 'clone https://me:letmein@example.com/x', 'clone https://[redacted]@example.com/x'],
    ['a token in a URL', 'https://x-access@example.com', 'https://[redacted]@example.com'],
    ['a header', 'Authorization: Bearer abc.def.ghi', 'Authorization: Bearer [redacted]'],
  ];
  it.for(attacks)('hides %s', ([, text, shown]) => expect(redact(text, false)).toBe(shown));

  it.for(['true', 'Grace Hopper', '/usr/bin/env', 'mail me@example.com'])('leaves %s alone', (text) =>
    expect(redact(text, false)).toBe(text),
  );

  it('hides what is left of a secret that the text begins within', () => {
    expect(redact(`${'ghp_0123456789'.slice(4)} and then more of the output`, true)).not.toContain('0123456789');
    expect(redact('no secret here, but the beginning goes all the same', true)).toMatch(/goes all the same$/);
  });
});
