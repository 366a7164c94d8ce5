import { describe, expect, it } from 'vitest';

import { leadsToProxy } from './inner-proxy.ts';
import { mayChange, outsideText } from './jupyter-page.ts';

describe('leadsToProxy()', () => {
  it.for([
    '/proxy/9222/json',
    '/absproxy/8888/',
    '/PROXY/9222',
    '//proxy/9222',
    '/./proxy/9222',
    '/a/../proxy/9222',
    '/%70roxy/9222',
    '/%2570roxy/9222',
    '/proxy%2f9222',
    '/proxy;x=1/9222',
    '/\\proxy\\9222',
    '/%2e/proxy/9222',
  ])('sees through %s', (path) => expect(leadsToProxy(path)).toBe(true));

  it.for(['/', '/lab', '/static/proxy/x.js', '/stable-abc/static/out/proxy', '/api/contents/proxy', '/proxyx', '/%zz/proxy'])(
    'lets %s pass',
    (path) => expect(leadsToProxy(path)).toBe(false),
  );
});

describe('outsideText()', () => {
  it('takes the token out and changes nothing else without a prefix', () => {
    expect(outsideText('{"baseUrl": "/jupyter/", "token": "abc"}', { prefix: '', token: 'abc' })).toBe(
      '{"baseUrl": "/jupyter/", "token": ""}',
    );
  });

  it.for([
    ['<script src="/jupyter/static/lab/main.js?v=1">', '<script src="/s/a/jupyter/static/lab/main.js?v=1">'],
    ['{"baseUrl": "/jupyter/", "wsUrl": ""}', '{"baseUrl": "/s/a/jupyter/", "wsUrl": ""}'],
    ["url('/jupyter/x.css')", "url('/s/a/jupyter/x.css')"],
    ['url(/jupyter/x.css)', 'url(/s/a/jupyter/x.css)'],
    ['<a href=/jupyter/lab>', '<a href=/s/a/jupyter/lab>'],
    ['data-x="&quot;/jupyter/&quot;"', 'data-x="&quot;/s/a/jupyter/&quot;"'],
    [
      '"/jupyterlab/x" "https://a.test/jupyter/" "/static/jupyter/"',
      '"/jupyterlab/x" "https://a.test/jupyter/" "/static/jupyter/"',
    ],
  ])('puts paths under it: %s', ([html = '', expected]) =>
    expect(outsideText(html, { prefix: '/s/a', token: '' })).toBe(expected),
  );
});

describe('mayChange()', () => {
  it.for([
    ['/lab', true],
    ['/lab/tree/static/a.ipynb', true],
    ['/', true],
    ['/static/lab/main.js', false],
    ['/api/contents/a.html', false],
    ['/lab/api/settings/x', false],
    ['/lab/extensions/x/static/y.js', false],
    ['/files/a.html', true],
    ['/api/kernelspecs', true],
    ['/api/kernelspecs/python3', true],
    ['/api/kernels/x', false],
  ] as const)('knows %s', ([rest, expected]) => expect(mayChange(rest)).toBe(expected));
});
