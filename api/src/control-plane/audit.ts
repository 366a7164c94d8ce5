import { ApiError } from '@sandfleet/contract';
import type { Logger } from '@sandfleet/server-kit';
import type { FastifyRequest } from 'fastify';

import type { Principal } from '../auth/authenticate.ts';

export type AuditedAction = 'sandbox.create' | 'sandbox.delete' | 'token.create' | 'ticket.create';

/** What becomes known of an action while it runs. Never a token, a ticket or an environment. */
export interface AuditEntry {
  namespace?: string;
  sandbox?: string;
  sandboxUid?: string;
  detail?: Readonly<Record<string, string | number>>;
}

export interface Audit {
  /** Runs the action and writes one line about how it ended. */
  run<T>(subject: AuditSubject, act: (entry: AuditEntry) => Promise<T>): Promise<T>;
  /** An action that did not begin, since the key may not do it. */
  denied(subject: AuditSubject, reason: string): void;
}

export interface AuditSubject {
  readonly action: AuditedAction;
  readonly principal: Principal;
  readonly request: FastifyRequest;
}

/** Lines with `audit: true`, whatever the level of the other logs. */
export function createAudit(log: Logger): Audit {
  const stream = log.child({ audit: true }, { level: 'info' });
  const write = ({ action, principal, request }: AuditSubject, outcome: string, entry: AuditEntry) =>
    stream.info(
      {
        action,
        outcome,
        principal: principal.name,
        namespace: principal.namespace,
        ...entry,
        requestId: request.id,
        client: request.ip,
      },
      action,
    );
  return {
    async run(subject, act) {
      const entry: AuditEntry = {};
      try {
        const result = await act(entry);
        write(subject, 'done', entry);
        return result;
      } catch (error) {
        write(subject, error instanceof ApiError ? error.code : 'INTERNAL', entry);
        throw error;
      }
    },
    denied: (subject, reason) => write(subject, `denied:${reason}`, {}),
  };
}
