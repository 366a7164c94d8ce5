/** What Chromium's codes mean, for those who have never seen them. */
const MEANINGS: Readonly<Record<string, string>> = {
  ERR_CONNECTION_REFUSED: 'nothing listens there',
  ERR_CONNECTION_RESET: 'the connection was cut',
  ERR_CONNECTION_CLOSED: 'the server closed the connection without an answer',
  ERR_CONNECTION_TIMED_OUT: 'the server did not accept the connection in time',
  ERR_CONNECTION_ABORTED: 'the connection was given up',
  ERR_EMPTY_RESPONSE: 'the server closed the connection without an answer',
  ERR_NAME_NOT_RESOLVED: 'the host name is not known',
  ERR_ADDRESS_UNREACHABLE: 'the address can’t be reached',
  ERR_ADDRESS_INVALID: 'the address is not valid',
  ERR_INTERNET_DISCONNECTED: 'there is no network',
  ERR_NETWORK_CHANGED: 'the network changed meanwhile',
  ERR_NETWORK_ACCESS_DENIED: 'the network does not allow it',
  ERR_UNSAFE_PORT: 'browsers refuse this port',
  ERR_INVALID_URL: 'it is no URL',
  ERR_UNKNOWN_URL_SCHEME: 'no program knows this scheme',
  ERR_FILE_NOT_FOUND: 'there is no such file',
  ERR_ACCESS_DENIED: 'access was denied',
  ERR_TOO_MANY_REDIRECTS: 'it redirects in a circle',
  ERR_BLOCKED_BY_CLIENT: 'a route or an extension blocks it',
  ERR_BLOCKED_BY_ADMINISTRATOR: 'the URL lists of this browser block it',
  ERR_BLOCKED_BY_RESPONSE: 'the server does not let it be shown here',
  ERR_FAILED: 'a route aborts it, or the browser gave no reason',
  ERR_INVALID_RESPONSE: 'what the server answered is no HTTP',
  ERR_INVALID_HTTP_RESPONSE: 'what the server answered is no HTTP',
  ERR_RESPONSE_HEADERS_TOO_BIG: 'the answer has too many headers',
  ERR_CONTENT_DECODING_FAILED: 'the answer is not compressed as it says',
  ERR_INCOMPLETE_CHUNKED_ENCODING: 'the answer breaks off',
  ERR_CONTENT_LENGTH_MISMATCH: 'the answer breaks off',
  ERR_SSL_PROTOCOL_ERROR: 'the server does not speak TLS there',
  ERR_SSL_VERSION_OR_CIPHER_MISMATCH: 'browser and server know no common form of TLS',
  ERR_CERT_AUTHORITY_INVALID: 'the certificate is not from an authority that the browser trusts',
  ERR_CERT_COMMON_NAME_INVALID: 'the certificate is of another host',
  ERR_CERT_DATE_INVALID: 'the certificate has expired or is not valid yet',
  ERR_PROXY_CONNECTION_FAILED: 'the proxy can’t be reached',
  ERR_TUNNEL_CONNECTION_FAILED: 'the proxy refuses the connection',
  ERR_ABORTED: 'the navigation was given up: another began, or the server had no page to show',
};

/** `net::ERR_…` of an error's message, and what it means. */
export function netErrorOf(message: string): { readonly code: string; readonly meaning: string } | undefined {
  const [code, name] = /net::(ERR_\w+)/.exec(message) ?? [];
  if (code === undefined || name === undefined) return undefined;
  return { code, meaning: MEANINGS[name] ?? 'the browser could not load it' };
}
