import { VERSION } from '@sandfleet/server-kit';

import type { Headers, LoggedRequest, RequestDetails } from './network-log.ts';

interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** The requests as an HTTP Archive 1.2. What the browser has not said is -1 or empty there. */
export async function toHar(requests: readonly LoggedRequest[]): Promise<unknown> {
  const entries = await Promise.all(requests.map(async (request) => toEntry(request, await request.details())));
  return { log: { version: '1.2', creator: { name: 'sandfleet', version: VERSION }, pages: [], entries } };
}

function toEntry(request: LoggedRequest, details: RequestDetails): unknown {
  const timings = timingsOf(request);
  return {
    startedDateTime: new Date(request.startedAt).toISOString(),
    // By the standard, the sum of those that happened.
    time: Object.values(timings).reduce((sum, value) => sum + Math.max(0, value), 0),
    request: requestOf(request, details),
    response: responseOf(request, details),
    cache: {},
    timings,
    ...(details.serverAddress === '' ? {} : { serverIPAddress: details.serverAddress.replace(/^\[(.*)\]$/, '$1') }),
    _resourceType: request.resourceType,
    ...(request.failure === undefined ? {} : { _failure: request.failure }),
  };
}

function requestOf({ method, url, postData }: LoggedRequest, { headers, sizes }: RequestDetails): unknown {
  return {
    method,
    url,
    httpVersion: 'HTTP/1.1',
    cookies: cookiesOf(headers['cookie']),
    headers: toList(headers),
    queryString: URL.canParse(url) ? [...new URL(url).searchParams].map(([name, value]) => ({ name, value })) : [],
    ...(postData === undefined ? {} : { postData: { mimeType: headers['content-type'] ?? '', params: [], text: postData } }),
    headersSize: sizes.requestHeadersSize,
    bodySize: sizes.requestBodySize,
  };
}

function responseOf({ status, statusText }: LoggedRequest, { responseHeaders, sizes }: RequestDetails): unknown {
  return {
    // By custom, 0 where there was no answer.
    status: status ?? 0,
    statusText,
    httpVersion: 'HTTP/1.1',
    cookies: cookiesOf(responseHeaders['set-cookie'], '\n'),
    headers: toList(responseHeaders),
    content: { size: Math.max(0, sizes.responseBodySize), mimeType: responseHeaders['content-type'] ?? 'x-unknown' },
    redirectURL: responseHeaders['location'] ?? '',
    headersSize: sizes.responseHeadersSize,
    bodySize: sizes.responseBodySize,
  };
}

function timingsOf({ timing, durationMs }: LoggedRequest): Readonly<Record<string, number>> {
  const between = (from: number | undefined, to: number | undefined): number =>
    from === undefined || to === undefined || from < 0 || to < from ? -1 : to - from;
  const sent = between(timing?.requestStart, timing?.responseStart);
  return {
    blocked: -1,
    dns: between(timing?.domainLookupStart, timing?.domainLookupEnd),
    connect: between(timing?.connectStart, timing?.connectEnd),
    ssl: -1,
    send: 0,
    wait: sent < 0 ? Math.max(0, durationMs ?? 0) : sent,
    receive: Math.max(0, between(timing?.responseStart, timing?.responseEnd)),
  };
}

const toList = (headers: Headers): readonly NameValue[] => Object.entries(headers).map(([name, value]) => ({ name, value }));

function cookiesOf(header: string | undefined, separator = ';'): readonly NameValue[] {
  return (header ?? '')
    .split(separator)
    .map((pair) => pair.split(';')[0]?.trim() ?? '')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const end = pair.indexOf('=');
      return end < 0 ? { name: '', value: pair } : { name: pair.slice(0, end), value: pair.slice(end + 1) };
    });
}
