import { describe, expect, it } from 'vitest';

import { requestHead, type RequestHead } from './request-head.ts';

const head: RequestHead = {
  method: 'GET',
  target: '/v1/sandbox?a=1',
  passed: ['Accept', '*/*', 'X-Custom', 'V'],
  host: 'gw.example',
  cookie: undefined,
  podToken: 'POD',
  clientAddress: '10.9.8.7',
  scheme: 'https',
  prefix: '/s/a',
  requestId: 'r1',
  mode: 'control',
  previewPort: undefined,
  body: { kind: 'none' },
  upgrade: undefined,
};

describe('requestHead()', () => {
  it('puts ours after the client’s', () => {
    expect(requestHead({ ...head, cookie: 'a=1', body: { kind: 'length', length: '5' } }).split('\r\n')).toEqual([
      'GET /v1/sandbox?a=1 HTTP/1.1',
      'Host: gw.example',
      'Accept: */*',
      'X-Custom: V',
      'Cookie: a=1',
      'Authorization: Bearer POD',
      'X-Forwarded-For: 10.9.8.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: gw.example',
      'X-Request-Id: r1',
      'X-Forwarded-Prefix: /s/a',
      'Content-Length: 5',
      'Connection: keep-alive',
      '',
      '',
    ]);
  });

  it('says the port of a preview, and asks for a WebSocket', () => {
    const text = requestHead({ ...head, prefix: '', previewPort: 3000, upgrade: 'websocket' });
    expect(text).toContain('\r\nx-aio-proxy-port: 3000\r\n');
    expect(text).not.toContain('X-Forwarded-Prefix');
    expect(text).toMatch(/\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/);
  });

  it('keeps a viewer’s GET one', () => {
    const passed = ['X-HTTP-Method-Override', 'DELETE', 'x_http_method', 'PUT', 'X-Method-Override', 'POST', 'X-A', '1'];
    expect(requestHead({ ...head, mode: 'view', passed })).not.toMatch(/method/i);
    expect(requestHead({ ...head, passed })).toContain('X-HTTP-Method-Override: DELETE');
  });
});
