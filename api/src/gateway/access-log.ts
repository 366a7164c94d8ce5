import type { Logger } from '@sandfleet/server-kit';
import { pino } from 'pino';

export interface AccessLogOptions {
  readonly name: string;
  readonly level: string;
  /** File descriptor to write to; 1 (standard output) when left out. */
  readonly fd?: number;
}

/** A write of at most this size to a pipe is never torn apart by another one (POSIX: PIPE_BUF), so lines stay whole. */
const WRITE_BYTES = 4096;
const FLUSH_MS = 100;

/**
 * Lines in the form of the other logs, gathered for a moment before they are written: one write a line costs more than all
 * else that the gateway does for a small request. An orderly exit writes what is left. Nothing is searched for secrets: the
 * lines are made of what `endCall` lists, and that has none.
 */
export function createAccessLog({ name, level, fd = 1 }: AccessLogOptions): Logger {
  return pino(
    {
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd, sync: false, minLength: WRITE_BYTES / 2, maxWrite: WRITE_BYTES, periodicFlush: FLUSH_MS }),
  );
}
