const ABSOLUTE = /^((?:https?:)?\/\/)([^/?#\\]*)(.*)$/i;

/** Puts a sandbox's redirect to a path of its own under its prefix. Redirects to other hosts are left alone. */
export function rewriteLocation(value: string, prefix: string, host: string): string {
  if (prefix === '') return value;
  const absolute = ABSOLUTE.exec(value);
  if (absolute === null) return value.startsWith('/') ? under(value, prefix) : value;
  const [, scheme = '', authority = '', path = ''] = absolute;
  if (authority.toLowerCase() !== host.toLowerCase()) return value;
  return `${scheme}${authority}${under(path.startsWith('/') ? path : `/${path}`, prefix)}`;
}

function under(path: string, prefix: string): string {
  const rest = path.slice(prefix.length);
  // A server that knows X-Forwarded-Prefix has put it there already.
  if (path.startsWith(prefix) && (rest === '' || /^[/?#]/.test(rest))) return path;
  return `${prefix}${path}`;
}
