import { ApiError } from '@sandfleet/contract';
import { describe, expect, it } from 'vitest';

import { problemAnswer } from './problem.ts';

const error = new ApiError('SANDBOX_NOT_READY', { message: '<script>alert("1")</script> & co', retryAfterSeconds: 1 });
const request = { path: '/s/a/', requestId: 'r"1', accept: undefined };

function headersOf(headers: readonly string[]): Record<string, string> {
  return Object.fromEntries(headers.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), headers[i + 1] ?? '']] : [])));
}

describe('problemAnswer()', () => {
  it('answers programs with problem+json', () => {
    const { status, headers, body } = problemAnswer(error, { ...request, accept: '*/*' });
    expect(status).toBe(503);
    expect(headersOf(headers)).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '1',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-length': String(Buffer.byteLength(body)),
    });
    expect(JSON.parse(body)).toMatchObject({ code: 'SANDBOX_NOT_READY', status: 503, instance: '/s/a/', requestId: 'r"1' });
  });

  it('answers people with a page in which nothing of the request is markup', () => {
    const { headers, body } = problemAnswer(error, { ...request, accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' });
    expect(headersOf(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'content-length': String(Buffer.byteLength(body)),
    });
    expect(body).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; co');
    expect(body).not.toContain('<script');
    expect(body).toContain('r&quot;1');
    expect(body).not.toMatch(/(?:src|href)=/);
  });
});
