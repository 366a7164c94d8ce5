import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';
import { ObserveLiveSnapshot } from './observe-snapshot.ts';

export const OBSERVE_MODES = ['off', 'guardrail', 'capture'] as const;
const mode = Type.Enum([...OBSERVE_MODES]);
const recordingMode = Type.Enum(['guardrail', 'capture'], {
  default: 'capture',
  description:
    'capture records every sample; guardrail only what went over a threshold, with the largest processes of that moment',
});
const datetime = (description: string) => Type.String({ description });
const sessionId = Type.String({ minLength: 1, maxLength: 64, description: 'Id of an observation session' });
const idempotencyKey = Type.Optional(
  Type.String({ maxLength: 128, description: 'A call that repeats a key answers as the first one and does nothing' }),
);
const interval = Type.Number({ minimum: 0.2, maximum: 3600, description: 'Seconds between samples; capture: 1, guardrail: 5' });

const ObserveStatus = Type.Object({
  mode,
  running: Type.Boolean(),
  session_id: Type.Optional(Type.String({ description: 'The session that runs, or else the last one' })),
  started_at: Type.Optional(datetime('When it began')),
  ends_at: Type.Optional(datetime('When it ends by itself, or has ended')),
  interval_seconds: Type.Optional(Type.Number()),
  last_sample_at: Type.Optional(datetime('When it last looked')),
  runtime_dir: Type.Optional(Type.String({ description: 'Where its records are; they do not outlive the server' })),
  report_count: Type.Integer({ default: 0 }),
});

const ObserveStarted = Type.Object({
  session_id: Type.String(),
  mode,
  started_at: datetime('When it began'),
  ends_at: Type.Optional(datetime('When it ends by itself')),
  interval_seconds: Type.Number(),
  runtime_dir: Type.String(),
});
export type ObserveStarted = Static<typeof ObserveStarted>;

export const ObserveReport = Type.Object({
  report_id: Type.String(),
  session_id: Type.Optional(Type.String()),
  reason: Type.String({ default: 'manual' }),
  created_at: datetime('When it was packed'),
  path: Type.String({ description: 'A .tar.gz file in the sandbox' }),
  size_bytes: Type.Integer(),
});
export type ObserveReport = Static<typeof ObserveReport>;

const reportId = Type.Object({
  report_id: Type.String({ maxLength: 64, pattern: '^[a-z0-9-]+$', description: 'Id of a report' }),
});

const base = { tag: 'sandbox' } as const;

export const observeContract = defineContract({
  observe_status: {
    ...base,
    method: 'GET',
    path: '/v1/sandbox/observe/status',
    summary: 'Whether resources are being observed',
    response: envelope(ObserveStatus),
  },
  observe_live: {
    ...base,
    method: 'GET',
    path: '/v1/sandbox/observe/live',
    summary: 'Look at CPU, memory, disks and processes once',
    description: 'Takes about a quarter of a second, over which the shares of CPU are measured.',
    querystring: Type.Object({
      top_rows: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, default: 10, description: 'How many processes to tell' })),
    }),
    response: envelope(ObserveLiveSnapshot),
  },
  observe_start: {
    ...base,
    method: 'POST',
    path: '/v1/sandbox/observe/start',
    summary: 'Begin an observation session',
    description: 'One at a time. Records are bounded: the oldest samples make room for new ones.',
    body: Type.Object({
      mode: Type.Optional(recordingMode),
      idempotency_key: idempotencyKey,
      duration_seconds: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 86_400,
          description: 'Ends by itself; capture: 600, guardrail: 86400 when left out',
        }),
      ),
      interval_seconds: Type.Optional(interval),
      include_processes: Type.Optional(
        Type.Boolean({ description: 'The ten largest processes with each record; yes when left out' }),
      ),
      include_disk: Type.Optional(Type.Boolean({ default: true })),
    }),
    bodyOptional: true,
    response: envelope(ObserveStarted),
    errors: ['CONFLICT'],
  },
  observe_stop: {
    ...base,
    method: 'POST',
    path: '/v1/sandbox/observe/stop',
    summary: 'End the observation session',
    body: Type.Object({ session_id: Type.Optional(sessionId) }),
    bodyOptional: true,
    response: envelope(
      Type.Object({
        session_id: Type.String(),
        stopped: Type.Boolean({ description: 'false: it had ended before' }),
        report_ready: Type.Boolean({ description: 'Something was recorded that export can pack' }),
      }),
    ),
    errors: ['SESSION_NOT_FOUND'],
  },
  observe_export: {
    ...base,
    method: 'POST',
    path: '/v1/sandbox/observe/export',
    summary: 'Pack a report',
    description:
      'System facts, a look at the present, events, and the records of a session: the one named, or the last one. The oldest report ' +
      'goes when there are too many.',
    body: Type.Object({
      idempotency_key: idempotencyKey,
      session_id: Type.Optional(sessionId),
      reason: Type.Optional(Type.String({ maxLength: 256, default: 'manual' })),
    }),
    bodyOptional: true,
    response: envelope(ObserveReport),
    errors: ['SESSION_NOT_FOUND', 'TOO_MANY_REQUESTS'],
  },
  observe_list_reports: {
    ...base,
    method: 'GET',
    path: '/v1/sandbox/observe/reports',
    summary: 'List the reports, oldest first',
    response: envelope(Type.Array(ObserveReport)),
  },
  observe_download_report: {
    ...base,
    method: 'GET',
    path: '/v1/sandbox/observe/reports/{report_id}',
    summary: 'Download a report',
    params: reportId,
    produces: 'application/gzip',
    errors: ['NOT_FOUND'],
  },
  observe_delete_report: {
    ...base,
    method: 'DELETE',
    path: '/v1/sandbox/observe/reports/{report_id}',
    summary: 'Delete a report',
    params: reportId,
    response: envelope(ObserveReport),
    errors: ['NOT_FOUND'],
  },
});
