import { Type } from 'typebox';

import { defineContract } from '../operation.ts';
import { filePath, orFileError } from './file-error.ts';

export const FileUploadResult = Type.Object({
  file_path: Type.String({ description: 'Absolute path of the file' }),
  file_size: Type.Integer({ description: 'Bytes' }),
  success: Type.Boolean(),
});

export const fileTransferContract = defineContract({
  file_upload: {
    method: 'POST',
    path: '/v1/file/upload',
    tag: 'file',
    summary: 'Upload one file of any size and content',
    description:
      'The file appears as a whole when the last byte is there, or not at all; one that it replaces keeps its mode. ' +
      'Folders on the way are made. An upload is fastest when `path` stands before `file`.',
    consumes: 'multipart/form-data',
    body: Type.Object({
      file: Type.Unsafe<string>({ type: 'string', format: 'binary', description: 'The content, with its file name' }),
      path: Type.Optional(
        filePath(
          'Where to: a file, or a folder (one that exists, or a path that ends in a slash) that takes the name which was sent. ' +
            'The workspace when left out',
        ),
      ),
    }),
    response: orFileError(FileUploadResult),
    errors: ['BAD_REQUEST', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
  },
  file_download: {
    method: 'GET',
    path: '/v1/file/download',
    tag: 'file',
    summary: 'Download a file',
    description:
      'HEAD, one `Range`, `If-Range`, `If-None-Match` and `If-Modified-Since` are understood. Errors come with a ' +
      'FileOperationError as `data`. With `change_policy=abort`, a file that changes before the first byte is a 409, and one that ' +
      'changes later ends the connection before the last byte; one that is replaced by another is read to its end either way.',
    querystring: Type.Object({
      path: filePath('Absolute, or relative to the workspace'),
      change_policy: Type.Optional(Type.Enum(['ignore', 'abort'], { default: 'ignore' })),
    }),
    produces: 'application/octet-stream',
    errors: ['BAD_REQUEST', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  },
});
