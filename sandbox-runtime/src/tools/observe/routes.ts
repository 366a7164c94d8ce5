import { observeContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { Observer } from './observer.ts';
import type { ObserveSession } from './session.ts';

const DEFAULT_ROWS = 10;
/** A capture is for a question at hand; a guardrail is set and left alone. */
const DEFAULTS = {
  capture: { durationSeconds: 600, intervalSeconds: 1 },
  guardrail: { durationSeconds: 86_400, intervalSeconds: 5 },
} as const;

export function observeTool({ app, config, places }: ToolContext): Tool {
  const observer = new Observer({ paths: [places.home, places.workspace, '/tmp'], maxReports: config.OBSERVE_MAX_REPORTS });
  implement(app, observeContract, {
    observe_status: () => ok(statusOf(observer)),
    observe_live: async ({ query }) => ok(await observer.live(query.top_rows ?? DEFAULT_ROWS)),
    observe_start: async ({ body }) => {
      const mode = body.mode ?? 'capture';
      const options = {
        mode,
        durationSeconds: body.duration_seconds ?? DEFAULTS[mode].durationSeconds,
        intervalSeconds: body.interval_seconds ?? DEFAULTS[mode].intervalSeconds,
        processes: body.include_processes ?? true,
        disk: body.include_disk ?? true,
      };
      return ok(await observer.start(options, body.idempotency_key));
    },
    observe_stop: async ({ body }) => {
      const { session, stopped } = await observer.stop(body.session_id);
      return ok({ session_id: session.options.id, stopped, report_ready: session.hasRecords });
    },
    observe_export: async ({ body }) =>
      ok(await observer.export({ sessionId: body.session_id, reason: body.reason ?? 'manual' }, body.idempotency_key)),
    observe_list_reports: () => ok(observer.reports.list()),
    observe_download_report: async ({ params }, { reply }) => {
      const { handle, size } = await observer.reports.open(params.report_id);
      void reply
        .type('application/gzip')
        .header('content-length', size)
        .header('content-disposition', `attachment; filename="${params.report_id}.tar.gz"`)
        .send(handle.createReadStream({ end: size - 1 }));
    },
    observe_delete_report: async ({ params }) => ok(await observer.reports.delete(params.report_id)),
  });
  return { contract: observeContract, close: () => observer.close() };
}

function statusOf(observer: Observer) {
  const { session, mode } = observer;
  return {
    mode,
    running: session?.running ?? false,
    ...(session === undefined ? {} : timesOf(session)),
    report_count: observer.reports.size,
  };
}

const timesOf = (session: ObserveSession) => ({
  session_id: session.options.id,
  started_at: session.startedAt.toISOString(),
  ends_at: session.endsAt.toISOString(),
  interval_seconds: session.options.intervalSeconds,
  ...(session.lastSampleAt === undefined ? {} : { last_sample_at: session.lastSampleAt }),
  runtime_dir: session.options.directory,
});
