import multipart from '@fastify/multipart';
import { fileTransferContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { ToolContext } from '../../tool.ts';
import { sendFile } from './download-routes.ts';
import { receiveUpload } from './upload-routes.ts';

const { file_upload: upload, file_download: download } = fileTransferContract;

/** What an upload may collect while the disk is busy. */
const UPLOAD_BUFFER_BYTES = 512 * 1024;

/** Form data is understood in a scope of its own: no other route takes any. */
export function addFileTransfer({ app, config, places }: ToolContext): void {
  implement(
    app,
    { file_download: download },
    {
      file_download: async ({ query }, { request, reply }) => {
        await sendFile({ path: query.path, abortOnChange: query.change_policy === 'abort' }, { places, request, reply });
      },
    },
  );
  void app.register(async (scope) => {
    await scope.register(multipart, {
      throwFileSizeLimit: false,
      fileHwm: UPLOAD_BUFFER_BYTES,
      limits: {
        files: 1,
        fields: 8,
        parts: 9,
        fieldNameSize: 64,
        // A path, and one byte more to tell that it was longer.
        fieldSize: 4097,
        headerPairs: 32,
        fileSize: config.MAX_UPLOAD_BYTES === 0 ? Number.POSITIVE_INFINITY : config.MAX_UPLOAD_BYTES,
      },
    });
    implement(scope, { file_upload: upload }, { file_upload: (_, { request }) => receiveUpload(request, places) });
  });
}
