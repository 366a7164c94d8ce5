import type { Mode } from '@sandfleet/contract/control-plane';

/** What the head of a request to a pod is made of. */
export interface RequestHead {
  readonly method: string;
  /** Path and query for the sandbox, as sent by the client but for tickets. */
  readonly target: string;
  /** Name, value, name, value, …: what of the client's headers may go on. */
  readonly passed: readonly string[];
  readonly host: string;
  readonly cookie: string | undefined;
  readonly podToken: string;
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  readonly prefix: string;
  readonly requestId: string;
  readonly mode: Mode;
  /** Port of a preview, where the host name has it. */
  readonly previewPort: number | undefined;
  readonly body: { readonly kind: 'none' } | { readonly kind: 'length'; readonly length: string } | { readonly kind: 'chunked' };
  /** Value of the Upgrade header of a WebSocket. */
  readonly upgrade: string | undefined;
}

const METHOD_OVERRIDE = /^x[-_]http[-_]method(?:[-_]override)?$|^x[-_]method[-_]override$/i;

/** Ours come after what the client sent and was let through, so a client can neither set nor name them away. */
export function requestHead(request: RequestHead): string {
  const { passed, cookie, prefix, previewPort, body, upgrade } = request;
  let head = `${request.method} ${request.target} HTTP/1.1\r\nHost: ${request.host}\r\n`;
  for (let i = 0; i < passed.length; i += 2) {
    // A viewer's GET must stay one for frameworks that let a header change the method.
    if (request.mode === 'view' && METHOD_OVERRIDE.test(passed[i] ?? '')) continue;
    head += `${passed[i]}: ${passed[i + 1]}\r\n`;
  }
  if (cookie !== undefined) head += `Cookie: ${cookie}\r\n`;
  head += `Authorization: Bearer ${request.podToken}\r\nX-Forwarded-For: ${request.clientAddress}\r\n`;
  head += `X-Forwarded-Proto: ${request.scheme}\r\nX-Forwarded-Host: ${request.host}\r\nX-Request-Id: ${request.requestId}\r\n`;
  if (prefix !== '') head += `X-Forwarded-Prefix: ${prefix}\r\n`;
  if (previewPort !== undefined) head += `x-aio-proxy-port: ${previewPort}\r\n`;
  if (body.kind === 'length') head += `Content-Length: ${body.length}\r\n`;
  if (body.kind === 'chunked') head += 'Transfer-Encoding: chunked\r\n';
  return `${head}Connection: ${upgrade === undefined ? 'keep-alive' : 'Upgrade'}\r\n${upgrade === undefined ? '' : `Upgrade: ${upgrade}\r\n`}\r\n`;
}
