import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface LoggerOptions {
  readonly name: string;
  readonly level: string;
  /** File descriptor to write to; 1 (standard output) when left out. */
  readonly fd?: number;
}

/** JSON lines for a collector. Header values that carry credentials are replaced before they are written. */
export function createLogger({ name, level, fd = 1 }: LoggerOptions): Logger {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['headers.authorization', 'headers.cookie', 'headers["x-api-key"]', '*.token', '*.ticket', 'token', 'ticket'],
        censor: '[redacted]',
      },
    },
    pino.destination({ fd, sync: false, minLength: 0 }),
  );
}
