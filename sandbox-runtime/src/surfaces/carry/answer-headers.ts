import { stripCookies } from '../../server/auth/strip-credentials.ts';
import type { Outside } from './outside.ts';

const DROPPED = new Set([
  // For one hop alone (RFC 9110 7.6.1).
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // They act on more than the program's own pages: on the whole host, or on all later connections.
  'alt-svc',
  'clear-site-data',
  'strict-transport-security',
  'public-key-pins',
  'nel',
  'report-to',
  'service-worker-allowed',
]);

export interface AnswerContext {
  readonly outside: Outside;
  /** What the request's path lost on its way to the program: the paths that it names get it back. */
  readonly prefix: string;
  /** `localhost:3000` and the like: how the program names itself where it does not know better. */
  readonly ownHosts: readonly string[];
  /** Whether the URL of this answer carries what lets its holder in: it must not get into a Referer. */
  readonly hidesUrl: boolean;
}

/** The headers of a program's answer as the caller gets them: name, value, name, value, … */
export function answerHeaders(raw: readonly string[], context: AnswerContext): string[] {
  const out: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (DROPPED.has(lower) || (context.hidesUrl && lower === 'referrer-policy')) continue;
    const value = valueOf(lower, raw[i + 1] ?? '', context);
    if (value !== undefined) out.push(name, value);
  }
  if (context.hidesUrl) out.push('Referrer-Policy', 'no-referrer');
  return out;
}

function valueOf(name: string, value: string, context: AnswerContext): string | undefined {
  if (name === 'location' || name === 'content-location') return outsideLocation(value, context);
  if (name === 'set-cookie') return outsideCookie(value, context);
  return value;
}

const ABSOLUTE = /^(https?:)?\/\/([^/?#\\]*)(.*)$/i;

/** Where a redirect to one of the program's own paths leads from outside; redirects to other hosts are left alone. */
export function outsideLocation(value: string, context: AnswerContext): string {
  const { outside, ownHosts } = context;
  const absolute = ABSOLUTE.exec(value);
  if (absolute === null) return value.startsWith('/') ? under(value, context) : value;
  const [, scheme = '', authority = '', rest = ''] = absolute;
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  const host = authority.toLowerCase();
  // As a path: the caller's scheme and host are those of its own request.
  if (ownHosts.includes(host)) return under(path, context);
  if (host !== outside.host.toLowerCase()) return value;
  return `${scheme}//${authority}${under(path, context)}`;
}

function under(path: string, { outside, prefix }: AnswerContext): string {
  const whole = `${outside.prefix}${prefix}`;
  // A program that goes by X-Forwarded-Prefix has put it there itself, and one that was told of its path the sandbox's own part.
  if (whole === '' || isUnder(path, whole)) return path;
  if (prefix !== '' && isUnder(path, prefix)) return `${outside.prefix}${path}`;
  return `${whole}${path}`;
}

function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && /^(?:$|[/?#])/.test(path.slice(prefix.length));
}

/** A cookie held to this host and to the program's paths; undefined for one under a name of the guard's. */
export function outsideCookie(value: string, context: AnswerContext): string | undefined {
  const [pair = '', ...attributes] = value.split(';');
  // A browser takes a pair without a name as a value alone, and sends it back as what then looks like a name.
  if (stripCookies(pair.replace(/^[\s=]+/, '')) === undefined) return undefined;
  return [pair, ...attributes.flatMap((attribute) => attributeOf(attribute, context))].join(';');
}

function attributeOf(attribute: string, context: AnswerContext): readonly string[] {
  const equals = attribute.indexOf('=');
  const name = (equals < 0 ? attribute : attribute.slice(0, equals)).trim().toLowerCase();
  if (name === 'domain') return [];
  if (name !== 'path') return [attribute];
  const path = equals < 0 ? '' : attribute.slice(equals + 1).trim();
  return path.startsWith('/') ? [` Path=${under(path, context)}`] : [];
}
