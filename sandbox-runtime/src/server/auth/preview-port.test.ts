import { describe, expect, it } from 'vitest';

import { previewPortOf } from './preview-port.ts';

describe('previewPortOf()', () => {
  const requests: readonly [Readonly<Record<string, string>>, number | 'invalid' | undefined][] = [
    [{}, undefined],
    [{ host: 'box.example' }, undefined],
    [{ host: '3000-box.example' }, 3000],
    [{ host: '3000-localhost:8080' }, 3000],
    [{ host: '65535-a' }, 65_535],
    [{ host: '65536-a' }, 'invalid'],
    [{ host: '0-a' }, 'invalid'],
    [{ host: '03000-a' }, 'invalid'],
    [{ host: '123456-a' }, 'invalid'],
    [{ host: '10.0.0.1:8080' }, undefined],
    [{ host: '[::1]:8080' }, undefined],
    [{ host: '3000' }, undefined],
    [{ host: '3000-' }, undefined],
    [{ host: '3000-.example' }, undefined],
    [{ host: '-3000-a' }, undefined],
    [{ host: '٣000-a' }, undefined],
    [{ host: 'a-3000' }, undefined],
    [{ host: '' }, undefined],
    [{ host: 'a', 'x-aio-proxy-port': '3000' }, 3000],
    [{ host: 'a', 'x-aio-proxy-port': '' }, 'invalid'],
    [{ host: 'a', 'x-aio-proxy-port': '0x50' }, 'invalid'],
    [{ host: 'a', 'x-aio-proxy-port': '3000, 9222' }, 'invalid'],
    [{ host: 'a', 'x-aio-proxy-port': ' 3000' }, 'invalid'],
    [{ host: 'a', 'x-aio-proxy-port': '+3000' }, 'invalid'],
    [{ host: '3000-a', 'x-aio-proxy-port': '3000' }, 3000],
    [{ host: '3000-a', 'x-aio-proxy-port': '9222' }, 'invalid'],
    [{ host: '3000-gateway', 'x-forwarded-prefix': '/s/a' }, undefined],
    [{ host: '3000-gateway', 'x-forwarded-prefix': '/s/a', 'x-aio-proxy-port': '9222' }, 9222],
  ];
  it.for(requests)('reads %j as %s', ([headers, port]) => {
    expect(previewPortOf(headers)).toBe(port);
  });
});
