import { describe, expect, it } from 'vitest';

import { generateApiKey, hashApiKey, isApiKey } from './api-key.ts';

describe('isApiKey()', () => {
  const key = generateApiKey();

  it('knows a key that was made, whose shape secret scanners can look for', () => {
    expect(key).toMatch(/^sfk_[\w-]{43}_[0-9a-f]{6}$/);
    expect(isApiKey(key)).toBe(true);
    expect(generateApiKey()).not.toBe(key);
    expect(hashApiKey(key)).toMatch(/^[0-9a-f]{64}$/);
  });

  const last = key.at(-1) === '0' ? '1' : '0';
  it.for([
    ['nothing', ''],
    ['a prefix alone', 'sfk_'],
    ['a wrong checksum', key.slice(0, -1) + last],
    ['a letter changed', `sfk_${key[4] === 'A' ? 'B' : 'A'}${key.slice(5)}`],
    ['a new line behind it', `${key}\n`],
    ['white space before it', ` ${key}`],
    ['no checksum', key.slice(0, -7)],
    ['capitals', key.toUpperCase()],
  ])('refuses %s', ([, text]) => {
    expect(isApiKey(text ?? '')).toBe(false);
  });
});
