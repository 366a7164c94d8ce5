import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

const side = (what: string) =>
  Type.Optional(
    Type.Integer({
      exclusiveMinimum: 0,
      maximum: 7680,
      description: `${what} of the film in pixels; the screen's when left out, or what keeps the proportions to the other one`,
    }),
  );

export const DisplayRecordResult = Type.Object({
  status: Type.Enum(['idle', 'recording', 'stopped']),
  save_path: Type.Optional(Type.String({ description: 'The file of the recording that runs, or of the last one' })),
  duration: Type.Number({ default: 0, description: 'Seconds of it so far' }),
  file_size_bytes: Type.Optional(Type.Integer()),
});
export type DisplayRecordResult = Static<typeof DisplayRecordResult>;

export const displayContract = defineContract({
  display_record: {
    method: 'POST',
    path: '/v1/display/record',
    tag: 'display',
    summary: 'Record the screen as MP4',
    description:
      'One recording at a time. start begins one and answers once frames are being taken; stop ends it and answers when the ' +
      'file is whole; status tells how it stands. After max_duration, at the size that a sandbox allows, or when the ' +
      'screen ends, the recording is stopped by itself, and the file can be played. Whatever the browser does meanwhile, even ' +
      'starting anew, is in it.',
    body: Type.Object({
      action: Type.Enum(['start', 'stop', 'status']),
      save_path: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 4096,
          description:
            'Where to, absolute or relative to the workspace; folders are made. /tmp/recordings/recording_{timestamp}.mp4 when ' +
            'left out. A file that is there is replaced',
        }),
      ),
      fps: Type.Optional(Type.Integer({ exclusiveMinimum: 0, maximum: 30, default: 5, description: 'Frames per second' })),
      crf: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 51, default: 28, description: 'Quality of H.264: 0 is without loss, 51 the worst' }),
      ),
      max_duration: Type.Optional(
        Type.Number({
          exclusiveMinimum: 0,
          maximum: 86_400,
          default: 600,
          description: 'Seconds after which the recording is stopped; the sandbox may have a lower limit',
        }),
      ),
      width: side('Width'),
      height: side('Height'),
    }),
    response: envelope(DisplayRecordResult),
    errors: ['SERVICE_DISABLED', 'SERVICE_UNAVAILABLE'],
  },
});
