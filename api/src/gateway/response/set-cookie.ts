import { isOurCookie } from '../request/cookies.ts';

/**
 * A cookie that a sandbox sets, held to that sandbox: to its host, and in path mode to its prefix, since all sandboxes share
 * an origin there. Undefined for a cookie under one of our names.
 */
export function rewriteSetCookie(value: string, prefix: string): string | undefined {
  const [pair = '', ...attributes] = value.split(';');
  const equals = pair.indexOf('=');
  if (isOurCookie((equals < 0 ? pair : pair.slice(0, equals)).trim())) return undefined;
  // A browser takes a pair without a name as a value alone, and reads the value's own "=" on the way back.
  if (equals < 0 || pair.slice(0, equals).trim() === '') return isOurCookie(pair.slice(equals + 1).trim()) ? undefined : held();
  return held();

  function held(): string {
    return [pair, ...attributes.map((attribute) => rewriteAttribute(attribute, prefix)).filter((text) => text !== '')].join(';');
  }
}

function rewriteAttribute(attribute: string, prefix: string): string {
  const equals = attribute.indexOf('=');
  const name = (equals < 0 ? attribute : attribute.slice(0, equals)).trim().toLowerCase();
  if (name === 'domain') return '';
  if (name !== 'path' || prefix === '') return attribute;
  const path = equals < 0 ? '' : attribute.slice(equals + 1).trim();
  if (!path.startsWith('/') || isUnder(path, prefix)) return isUnder(path, prefix) ? attribute : '';
  return ` Path=${prefix}${path}`;
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}
