import { Counter, DURATION_BUCKETS, Histogram, type Logger, type Registry } from '@sandfleet/server-kit';

import type { Caller } from './caller.ts';

export type Outcome = 'ok' | 'error' | 'cancelled' | 'refused' | 'unknown_tool';

export interface AuditedCall {
  /** Bounded: own tools by their name, `outside` for those of other servers, `unknown` for names that nobody has. */
  readonly label: string;
  /** What was asked for, as far as it is a name that somebody has. */
  readonly tool: string;
  readonly alias?: string | undefined;
  readonly server: string;
  readonly caller: Caller;
  readonly startedAt: number;
}

/** One line and one count for every call; never arguments or results, which may hold secrets. */
export class Audit {
  readonly #log: Logger;
  readonly #calls: Counter<'tool' | 'outcome'>;
  readonly #seconds: Histogram<'tool'>;

  constructor(log: Logger, metrics: Registry) {
    this.#log = log;
    this.#calls = new Counter({
      name: 'sandbox_mcp_calls_total',
      help: 'Calls of MCP tools.',
      labelNames: ['tool', 'outcome'],
      registers: [metrics],
    });
    this.#seconds = new Histogram({
      name: 'sandbox_mcp_call_seconds',
      help: 'Time of a call of an MCP tool.',
      labelNames: ['tool'],
      buckets: DURATION_BUCKETS,
      registers: [metrics],
    });
  }

  record({ label, tool, alias, server, caller, startedAt }: AuditedCall, outcome: Outcome): void {
    const milliseconds = performance.now() - startedAt;
    this.#calls.inc({ tool: label, outcome });
    this.#seconds.observe({ tool: label }, milliseconds / 1000);
    this.#log.info(
      {
        mcpTool: tool,
        mcpServer: server,
        ...(alias === undefined ? {} : { alias }),
        outcome,
        durationMs: Math.round(milliseconds * 10) / 10,
        ...(caller.session === undefined ? {} : { mcpSession: caller.session }),
        ...(caller.subject === undefined ? {} : { subject: caller.subject }),
        requestId: caller.requestId,
      },
      'mcp call',
    );
  }
}
