import { describe, expect, it } from 'vitest';

import { sandboxUrl } from './sandbox-url.ts';

describe('sandboxUrl()', () => {
  const table = [
    [{ url: 'http://host:30080' }, 'http://host:30080/s/demo/'],
    [{ url: 'https://host/base/' }, 'https://host/base/s/demo/'],
    [{ url: 'http://host:30080', domain: '' }, 'http://host:30080/s/demo/'],
    [{ domain: 'sandboxes.example' }, 'https://demo.sandboxes.example/'],
    [{ url: 'https://gateway.example', domain: 'sandboxes.example' }, 'https://demo.sandboxes.example/'],
    [{ url: 'http://127.0.0.1:30080', domain: 'sandboxes.example' }, 'http://demo.sandboxes.example:30080/'],
    [{}, undefined],
    [{ url: '' }, undefined],
  ] as const;
  it.for(table)('for %j is %s', ([gateway, url]) => {
    expect(sandboxUrl(gateway, 'demo')).toBe(url);
  });
});
