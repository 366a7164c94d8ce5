import { describe, expect, it } from 'vitest';

import { readHeaders } from './headers.ts';

const read = (...pairs: readonly (readonly [string, string])[]) => readHeaders([['Host', 'h'] as const, ...pairs].flat());

describe('readHeaders()', () => {
  it('reads what the gateway looks at and passes on the rest as sent', () => {
    expect(
      read(['Authorization', 'Bearer x'], ['Cookie', 'a=1'], ['Accept', 'text/html'], ['X-Custom', 'V'], ['Cookie', 'b=2']),
    ).toMatchObject({
      host: 'h',
      authorization: 'Bearer x',
      cookie: 'a=1; b=2',
      accept: 'text/html',
      passed: ['Accept', 'text/html', 'X-Custom', 'V'],
    });
    expect(read(['Origin', 'http://h'], ['Sec-Fetch-Site', 'same-origin'], ['X-Request-Id', 'r']).passed).toEqual([
      'Origin',
      'http://h',
      'Sec-Fetch-Site',
      'same-origin',
    ]);
  });

  const stripped = [
    'Authorization',
    'Cookie',
    'X-API-Key',
    'X-AIO-API-Key',
    'x-aio-proxy-port',
    'X_AIO_Proxy_Port',
    'X-Sandbox-UID',
    'x_sandbox_uid',
    'X-Sandfleet-Anything',
    'E2b-Sandbox-Id',
    'e2b_sandbox_id',
    'X-User',
    'X-Remote-User',
    'Remote-User',
    'Remote_User',
    'Forwarded',
    'Via',
    'X-Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Prefix',
    'x_forwarded_for',
    'X-Real-IP',
    'X_Real_IP',
    'X-Client-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Original-URI',
    'X-Rewrite-URL',
    'X-Auth-Request-User',
    'X-Request-Id',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Upgrade',
    'HTTP2-Settings',
    'Expect',
    'Content-Length',
  ];
  it.for(stripped)('never passes on %s of a client', (name) => {
    expect(read([name, 'evil']).passed).toEqual([]);
  });

  it('never passes on what Connection names', () => {
    const { passed } = read(
      ['Connection', 'close, X-Internal-User ,authorization'],
      ['X-Internal-User', 'root'],
      ['X-Other', '1'],
    );
    expect(passed).toEqual(['X-Other', '1']);
    expect(read(['X-A', '1'], ['Connection', 'x-a'], ['Connection', 'x-b'], ['X-B', '2']).passed).toEqual([]);
  });

  it.for(['Host', 'Authorization', 'Origin', 'Upgrade', 'Content-Length', 'Transfer-Encoding'])('refuses two of %s', (name) => {
    const value = name === 'Transfer-Encoding' ? 'chunked' : '1';
    expect(() => read([name, value], [name, value])).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  it('refuses a request without a host, with another transfer encoding, or with too many headers', () => {
    expect(() => readHeaders([])).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
    expect(() => read(['Transfer-Encoding', 'gzip, chunked'])).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
    expect(() => read(...Array.from({ length: 200 }, (_, i) => [`X-${i}`, ''] as const))).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    );
  });
});
