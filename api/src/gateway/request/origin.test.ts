import { describe, expect, it } from 'vitest';

import { hostsOf } from './host.ts';
import { isOwnOrigin, refuseOrigin } from './origin.ts';

const https = hostsOf({ url: 'https://gw.example', domain: 'box.example' });
const unknown = hostsOf({});

describe('isOwnOrigin()', () => {
  const origins = [
    [https, 'https://a.box.example', 'a.box.example', true],
    [https, 'HTTPS://A.box.example', 'a.BOX.example', true],
    [https, 'https://a.box.example', 'a.box.example:443', true],
    [https, 'https://a.box.example:443', 'a.box.example', true],
    [https, 'http://a.box.example', 'a.box.example', false],
    [https, 'https://b.box.example', 'a.box.example', false],
    [https, 'https://a.box.example.evil', 'a.box.example', false],
    [https, 'https://a.box.example:8443', 'a.box.example', false],
    [https, 'https://evil@a.box.example', 'a.box.example', false],
    [https, 'null', 'a.box.example', false],
    [https, '', 'a.box.example', false],
    [unknown, 'http://127.0.0.1:8080', '127.0.0.1:8080', true],
    [unknown, 'https://127.0.0.1:8080', '127.0.0.1:8080', true],
    [unknown, 'http://127.0.0.1', '127.0.0.1:80', true],
    [unknown, 'http://127.0.0.1:8081', '127.0.0.1:8080', false],
  ] as const;
  it.for(origins)('tells own from foreign: %o %s on %s is %s', ([hosts, origin, host, expected]) => {
    expect(isOwnOrigin(hosts, { origin, host })).toBe(expected);
  });
});

describe('refuseOrigin()', () => {
  const own = 'https://a.box.example';
  const evil = 'https://evil.example';
  const upgrade = { isUpgrade: true, byCookie: false, isSafeMethod: true };
  const get = { isUpgrade: false, byCookie: true, isSafeMethod: true };
  const post = { isUpgrade: false, byCookie: true, isSafeMethod: false };
  const cases = [
    ['a socket of its own page', { origin: own }, upgrade, true],
    ['a socket of a program', {}, upgrade, true],
    ['a socket of a foreign page', { origin: evil }, upgrade, false],
    ['a socket of an opaque page', { origin: 'null' }, upgrade, false],
    ['a socket of a sibling', { origin: 'https://b.box.example' }, upgrade, false],
    ['a socket with a cookie of its own page', { origin: own }, { ...upgrade, byCookie: true }, true],
    ['a socket with a cookie and no origin', {}, { ...upgrade, byCookie: true }, false],
    ['a socket with a cookie of a foreign page', { origin: evil }, { ...upgrade, byCookie: true }, false],
    ['a POST by token from anywhere', { origin: evil }, { ...post, byCookie: false }, true],
    ['a POST by cookie of its own page', { origin: own }, post, true],
    ['a POST by cookie that the browser calls same-origin', { fetchSite: 'same-origin' }, post, true],
    ['a POST by cookie with neither', {}, post, false],
    ['a POST by cookie of a foreign page', { origin: evil, fetchSite: 'cross-site' }, post, false],
    ['a POST by cookie of an opaque page', { origin: 'null' }, post, false],
    ['a POST by cookie of a sibling', { origin: 'https://b.box.example', fetchSite: 'same-site' }, post, false],
    ['a POST by cookie whose headers disagree', { origin: own, fetchSite: 'cross-site' }, post, false],
    ['a POST by cookie typed by hand', { fetchSite: 'none' }, post, false],
    ['a GET by cookie without headers', {}, get, true],
    ['a GET by cookie of its own page', { fetchSite: 'same-origin', fetchMode: 'cors' }, get, true],
    ['a link from a foreign page', { fetchSite: 'cross-site', fetchMode: 'navigate' }, get, true],
    ['an image on a foreign page', { fetchSite: 'cross-site', fetchMode: 'no-cors' }, get, false],
    ['a script on the page of a sibling', { fetchSite: 'same-site', fetchMode: 'no-cors' }, get, false],
  ] as const;
  it.for(cases)('%s: %o', ([, headers, question, isAllowed]) => {
    const all = { host: 'a.box.example', origin: undefined, fetchSite: undefined, fetchMode: undefined, ...headers };
    expect(refuseOrigin(https, all, question) === undefined).toBe(isAllowed);
  });
});
