/** One answer of an outside server: a list of tools, a result with pictures; streams of events count from event to event. */
const MAX_BYTES = 32 * 1024 * 1024;
const NEWLINE = 10;

/** fetch, but an answer that has no end in sight is an error rather than all of the memory. */
export async function boundedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.body === null) return response;
  const isStream = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
  let bytes = 0;
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      // A line is the least that a reader of events has to hold.
      const end = isStream ? chunk.lastIndexOf(NEWLINE) : -1;
      bytes = end === -1 ? bytes + chunk.length : chunk.length - end;
      if (bytes > MAX_BYTES) controller.error(new Error(`The answer has more than ${MAX_BYTES} bytes.`));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  const bounded = new Response(response.body.pipeThrough(bound), { status, statusText, headers });
  // What was redirected to tells the transport whether it left the origin; a made Response does not say.
  Object.defineProperty(bounded, 'url', { value: response.url });
  return bounded;
}
