import { describe, expect, it } from 'vitest';

import { decide, type Route, type Rules } from './decide.ts';
import { urlMatcher } from './url-pattern.ts';

const route = (pattern: string, answer: Route['answer']): Route => ({ fits: urlMatcher(pattern), answer });
const mock = (body: string, headers: Record<string, string> = {}) => ({ status: 200, headers, body, contentType: 'text/plain' });
const rules = (given: Partial<Rules> = {}): Rules => ({ scoped: new Map(), routes: [], headers: {}, ...given });
const request = { url: 'http://a.test/api', method: 'GET', headers: { Accept: '*/*', 'X-A': 'old' } };

describe('decide()', () => {
  it('lets a request go on as it is when no rule fits', () => {
    expect(decide(request, rules({ routes: [route('**/other', 'abort')] }))).toEqual(['Fetch.continueRequest', {}]);
  });

  it('adds the headers of the origin of this very request, whatever the case of their names', () => {
    const scoped = new Map([['http://a.test', { 'x-a': 'new', 'x-b': '1' }]]);
    expect(decide(request, rules({ scoped }))).toEqual([
      'Fetch.continueRequest',
      {
        headers: [
          { name: 'Accept', value: '*/*' },
          { name: 'x-a', value: 'new' },
          { name: 'x-b', value: '1' },
        ],
      },
    ]);
    for (const url of [
      'http://b.test/http://a.test',
      'https://a.test/',
      'http://a.test:81/',
      'http://a.test.evil/',
      'http://a.test@b.test/',
    ])
      expect(decide({ ...request, url }, rules({ scoped }))).toEqual(['Fetch.continueRequest', {}]);
  });

  it('follows the newest route', () => {
    const routes = [route('**', 'abort'), route('**/api', mock('x'))];
    expect(decide(request, rules({ routes }))[0]).toBe('Fetch.fulfillRequest');
    expect(decide(request, rules({ routes: routes.toReversed() }))[0]).toBe('Fetch.failRequest');
    expect(decide(request, rules({ routes: [...routes, route('**/api', 'continue')] }))).toEqual(['Fetch.continueRequest', {}]);
  });

  it('answers with status, headers and body', () => {
    const [method, answer] = decide(
      request,
      rules({ routes: [route('**/api', mock('ü', { 'Content-Type': 'text/html', 'X-M': '1' }))] }),
    );
    expect([method, answer]).toEqual([
      'Fetch.fulfillRequest',
      {
        responseCode: 200,
        responseHeaders: [
          { name: 'Content-Type', value: 'text/html' },
          { name: 'X-M', value: '1' },
        ],
        body: Buffer.from('ü').toString('base64'),
      },
    ]);
  });

  it('answers the question before a request of another origin', () => {
    const asked = {
      url: 'http://a.test/api',
      method: 'OPTIONS',
      headers: { Origin: 'http://b.test', 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-a' },
    };
    const [, answer] = decide(asked, rules({ routes: [route('**/api', mock('x'))] }));
    expect(answer).toMatchObject({ responseCode: 204 });
    expect(JSON.stringify(answer)).toContain('"access-control-allow-methods","value":"PUT"');
  });
});
