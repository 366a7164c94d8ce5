import { ApiError } from '@sandfleet/contract';
import type { BrowserContext } from 'playwright-core';

export type NewCookie = Parameters<BrowserContext['addCookies']>[0][number];

type Given = Readonly<Record<string, unknown>>;

const SAME_SITE: Readonly<Record<string, 'Strict' | 'Lax' | 'None'>> = {
  strict: 'Strict',
  lax: 'Lax',
  none: 'None',
  no_restriction: 'None',
};

/**
 * A cookie as playwright, browser extensions or other tools write it down, as playwright takes it.
 *
 * @throws ApiError VALIDATION_FAILED that names the cookie and the field
 */
export function toCookie(given: Given & { readonly name: string; readonly value: string }, index: number): NewCookie {
  const read = <T>(names: readonly string[], kind: string, is: (value: unknown) => value is T): T | undefined => {
    const name = names.find((one) => given[one] !== undefined && given[one] !== null);
    const value = name === undefined ? undefined : given[name];
    if (name === undefined || value === undefined) return undefined;
    if (is(value)) return value;
    throw invalid(index, name, `must be ${kind}`);
  };
  const text = (...names: string[]) => read(names, 'text', isText);
  const flag = (...names: string[]) => read(names, 'true or false', isFlag);
  const url = text('url');
  const domain = text('domain');
  if (url === undefined && domain === undefined) throw invalid(index, 'url', 'or domain is needed');
  if (url !== undefined && domain === undefined && !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw invalid(index, 'url', 'must be a URL of http or https');
  const expires = read(['expires', 'expirationDate', 'expiry'], 'a number of seconds since 1970', isNumber);
  const sameSite = sameSiteOf(text('sameSite', 'same_site'), index);
  return withoutUndefined({
    name: given.name,
    value: given.value,
    // Of both, playwright takes one: the domain says more.
    ...(domain === undefined ? { url } : { domain, path: text('path') ?? '/' }),
    expires: expires === undefined || expires < 0 ? undefined : expires,
    httpOnly: flag('httpOnly', 'http_only'),
    secure: flag('secure'),
    sameSite,
    partitionKey: text('partitionKey'),
  });
}

function sameSiteOf(text: string | undefined, index: number): NewCookie['sameSite'] {
  if (text === undefined || text.toLowerCase() === 'unspecified') return undefined;
  const known = SAME_SITE[text.toLowerCase()];
  if (known === undefined) throw invalid(index, 'sameSite', 'must be Strict, Lax or None');
  return known;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 65_536;
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function invalid(index: number, field: string, message: string): ApiError {
  const location = ['body', 'cookies', index, field];
  return new ApiError('VALIDATION_FAILED', {
    message: `cookies.${index}.${field} ${message}`,
    fields: [{ location, message, rule: 'cookie' }],
  });
}

/** playwright tells a field that is there as undefined from one that is not. */
const withoutUndefined = (cookie: { [K in keyof NewCookie]: NewCookie[K] | undefined }): NewCookie =>
  // name and value are always there, and the other fields may be left out.
  Object.fromEntries(Object.entries(cookie).filter(([, value]) => value !== undefined)) as unknown as NewCookie;
