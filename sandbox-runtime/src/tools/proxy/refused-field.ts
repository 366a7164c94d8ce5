import { ApiError } from '@sandfleet/contract';

/** A field whose form no schema can say. The value itself may be a secret and is not repeated. */
export const refusedField = (part: 'body' | 'path', name: string, message: string): ApiError =>
  new ApiError('VALIDATION_FAILED', {
    message: `${part}.${name} ${message}`,
    fields: [{ location: [part, name], message, rule: 'format' }],
  });

export const FORMS = {
  source: 'must be [http(s)://]host[:port][/path], with * in the host alone',
  target: 'must be [host:]port[/path]',
  pattern: 'must be a host, *.example.com, .example.com, an IP address or a network such as 10.0.0.0/8',
  server: 'must be [http://][user:password@]host:port of an HTTP proxy',
} as const;
