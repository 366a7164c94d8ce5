import { ApiError } from '@sandfleet/contract';
import { authContract } from '@sandfleet/contract/runtime';
import { implement, type RequestContext } from '@sandfleet/server-kit';

import type { Access } from '../../server/access.ts';
import type { Tool, ToolContext } from '../../tool.ts';

/** Those whose credential is one that lasts; a ticket, and the cookie that it was exchanged for, must not renew themselves. */
const MAY_ISSUE: ReadonlySet<Access['kind']> = new Set(['none', 'token', 'key', 'local']);

export function authTool({ app, guard }: ToolContext): Tool {
  implement(
    app,
    authContract,
    {
      create_ticket: ({ body: { surface, mode = 'control', port } }, { request: { access }, reply }) => {
        if (access === undefined || !MAY_ISSUE.has(access.kind) || access.mode === 'view')
          throw new ApiError('FORBIDDEN', {
            message: 'A ticket needs a token or a key that may act; a ticket makes no tickets.',
          });
        if (port !== undefined && surface !== 'preview')
          throw new ApiError('BAD_REQUEST', { message: 'A port goes with the surface preview alone.' });
        const { subject, endsAt } = access;
        const { ticket, seconds } = guard.issueTicket({
          mode,
          ...(subject === undefined ? {} : { subject }),
          ...(endsAt === undefined ? {} : { endsAt }),
          ...(surface === undefined ? {} : { surface }),
          ...(port === undefined ? {} : { port }),
        });
        void reply.header('cache-control', 'no-store');
        return { ticket, expires_in: seconds };
      },
      authenticate: async (_, context) => {
        void context.reply.header('cache-control', 'no-store');
        return describe(await guard.check(context.request, originalUri(context)));
      },
    },
    // It answers for itself: what it is asked about is not the request that asks.
    { route: (operationId) => (operationId === 'authenticate' ? { config: { open: true } } : {}) },
  );
  return { contract: authContract, close: async () => {} };
}

/** Of the request that the proxy asks about; this one when it does not say. */
function originalUri({ request }: RequestContext): string {
  const given = request.headers['x-original-uri'];
  return typeof given === 'string' && given !== '' ? given : request.url;
}

function describe({ kind, mode, subject, surface }: Access): Record<string, string> {
  return { kind, mode, ...(subject === undefined ? {} : { subject }), ...(surface === undefined ? {} : { surface }) };
}
