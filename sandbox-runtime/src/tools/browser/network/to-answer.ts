import type { NetworkRequest } from '@sandfleet/contract/runtime';

import type { LoggedRequest } from './network-log.ts';

export async function toAnswer(request: LoggedRequest): Promise<NetworkRequest> {
  const { headers, responseHeaders, sizes } = await request.details();
  return {
    method: request.method,
    url: request.url,
    status: request.status ?? null,
    status_text: request.statusText,
    resource_type: request.resourceType,
    headers,
    response_headers: responseHeaders,
    ...(request.postData === undefined ? {} : { post_data: request.postData }),
    started_at: new Date(request.startedAt).toISOString(),
    duration_ms: request.durationMs ?? null,
    ...(request.timing === undefined ? {} : { timing: { ...request.timing } }),
    size: sizes.responseBodySize,
    ...(request.failure === undefined ? {} : { failure: request.failure }),
  };
}
