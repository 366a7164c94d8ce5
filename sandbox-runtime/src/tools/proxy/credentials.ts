export interface Credentials {
  readonly username: string;
  readonly password: string;
}

// oxlint-disable-next-line no-control-regex -- what would end a header or hide in a log
const CONTROL = /[\u0000-\u001f\u007f]/;

/** `user:password`; the user has no colon (RFC 7617). */
export function parseCredentials(text: string, decode = (part: string) => part): Credentials | undefined {
  const colon = text.includes(':') ? text.indexOf(':') : text.length;
  const username = decode(text.slice(0, colon));
  const password = decode(text.slice(colon + 1));
  if (username === '' || username.includes(':') || CONTROL.test(username + password)) return undefined;
  return { username, password };
}
