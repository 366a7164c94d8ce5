import { Type } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

/** Characters; a `data:` URI holds the whole document, a third longer than its bytes. */
const MAX_URI = 12 * 1024 * 1024;

export const utilContract = defineContract({
  util_convert_to_markdown: {
    method: 'POST',
    path: '/v1/util/convert_to_markdown',
    tag: 'util',
    summary: 'Convert a page or a document to Markdown',
    description:
      'HTML, PDF, Word, Excel, PowerPoint, EPUB, notebooks, CSV, JSON, XML, text, and a ZIP of these. `data` is the Markdown as a ' +
      'string. What cannot be fetched, read or converted answers `success: false` with what went wrong as `data` (path, operation, ' +
      'message, error_type: those of the file operations, and unsupported_format, conversion_failed, fetch_failed, timeout, ' +
      'not_available). A page is fetched as it is, without running its scripts; at most 5 redirects and 64 MiB.',
    body: Type.Object({
      uri: Type.String({
        minLength: 1,
        maxLength: MAX_URI,
        description: 'http:, https:, file: or data: URI, or a path: absolute, below ~, or relative to the workspace',
      }),
    }),
    response: Type.Object({
      ...envelope(Type.Unknown({ description: 'Markdown; what went wrong when `success` is false' })).properties,
      title: Type.Optional(Type.String({ description: 'Title of the document, where it has one' })),
      truncated: Type.Optional(Type.Boolean({ description: 'There is more than the 10 million characters that `data` holds' })),
    }),
    errors: ['TOO_MANY_REQUESTS'],
  },
});
