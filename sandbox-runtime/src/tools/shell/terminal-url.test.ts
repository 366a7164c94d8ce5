import { describe, expect, it } from 'vitest';

import { terminalUrl } from './terminal-url.ts';

describe('terminalUrl()', () => {
  it.for([
    [{ host: 'localhost:8080' }, 'http://localhost:8080/terminal?session_id=a%20b'],
    [{ host: '[::1]:8080' }, 'http://[::1]:8080/terminal?session_id=a%20b'],
    [
      { host: '10.0.0.7:8080', 'x-forwarded-host': 'box.example.com', 'x-forwarded-proto': 'https' },
      'https://box.example.com/terminal?session_id=a%20b',
    ],
    [
      { host: 'x', 'x-forwarded-host': 'outer:8443, inner', 'x-forwarded-proto': 'https, http', 'x-forwarded-prefix': '/s/abc' },
      'https://outer:8443/s/abc/terminal?session_id=a%20b',
    ],
    [{ host: 'x', 'x-forwarded-prefix': '/s/abc/' }, 'http://x/s/abc/terminal?session_id=a%20b'],
  ] as const)('follows the caller (%j)', ([headers, url]) => {
    expect(terminalUrl(headers, 'a b')).toBe(url);
  });

  it.for([
    ['no host', {}, 'http://localhost/'],
    ['a host with a user', { host: 'good@evil' }, 'http://localhost/'],
    ['a host with a path', { host: 'evil/x' }, 'http://localhost/'],
    ['a host with a script', { host: 'x', 'x-forwarded-host': '"><script>' }, 'http://x/'],
    ['another scheme', { host: 'x', 'x-forwarded-proto': 'javascript' }, 'http://x/'],
    ['a prefix that is a host', { host: 'x', 'x-forwarded-prefix': '//evil' }, 'http://x/'],
    ['a prefix that goes up', { host: 'x', 'x-forwarded-prefix': '/s/../../admin' }, 'http://x/'],
    ['a prefix with a query', { host: 'x', 'x-forwarded-prefix': '/s?x=' }, 'http://x/'],
    ['a prefix without an end', { host: 'x', 'x-forwarded-prefix': '/a'.repeat(5000) }, 'http://x/'],
  ] as const)('does not repeat %s', ([, headers, begin]) => {
    expect(terminalUrl(headers, 'id')).toBe(`${begin}terminal?session_id=id`);
  });
});
