import { describe, expect, it } from 'vitest';

import { allowedUrl } from './allowed-url.ts';
import { PageError } from './page-error.ts';

const SCHEMES = ['http', 'https', 'about', 'data', 'blob', 'file'];

describe('allowedUrl()', () => {
  it.for([
    ['http://127.0.0.1:8000/a?b#c', 'http://127.0.0.1:8000/a?b#c'],
    ['  https://example.org  ', 'https://example.org/'],
    ['HTTPS://Example.ORG', 'https://example.org/'],
    ['about:blank', 'about:blank'],
    ['data:text/html,<h1>é</h1>', 'data:text/html,<h1>%C3%A9</h1>'],
    ['file:///tmp/x.html', 'file:///tmp/x.html'],
    ['blob:http://127.0.0.1/7a', 'blob:http://127.0.0.1/7a'],
    ['localhost:3000/x', 'http://localhost:3000/x'],
    ['app.localhost', 'http://app.localhost/'],
    ['127.0.0.1:8000', 'http://127.0.0.1:8000/'],
    ['[::1]:8000/', 'http://[::1]:8000/'],
    ['example.org/path', 'https://example.org/path'],
    ['example.org:8443', 'https://example.org:8443/'],
    ['//example.org/x', 'https://example.org/x'],
  ] as const)('opens %s as %s', ([text, url]) => {
    expect(allowedUrl(text, SCHEMES)).toBe(url);
  });

  it.for([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'java\tscript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'javascript://example.org/%0aalert(1)',
    'chrome://settings',
    'chrome-extension://abc/page.html',
    'chrome-untrusted://terminal',
    'devtools://devtools/bundled/inspector.html',
    'view-source:http://127.0.0.1/',
    'view-source:file:///etc/passwd',
    'about:version',
    'about:settings',
    'ABOUT:FLAGS',
    'filesystem:http://127.0.0.1/temporary/x',
    'ftp://example.org/',
    'ws://127.0.0.1/',
    'mailto:a@example.org',
    'intent://x#Intent;end',
    '',
    '/etc/passwd',
    'http://',
    'http://[::1',
    'not a url',
  ])('refuses %j', (text) => {
    expect(() => allowedUrl(text, SCHEMES)).toThrow(PageError);
  });

  it('opens no file where files are not in the list', () => {
    expect(() => allowedUrl('file:///etc/passwd', ['http', 'https'])).toThrow('The scheme file: can');
  });
});
