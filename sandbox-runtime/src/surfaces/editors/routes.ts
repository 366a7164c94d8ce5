import { ApiError } from '@sandfleet/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { stripQuery } from '../../server/auth/strip-credentials.ts';
import { asksForWebSocket, WEB_SOCKET } from '../../server/upgrade.ts';
import type { Lease, Service, ServiceName, Services } from '../../services/service.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { answerFailure } from '../carry/answer-failure.ts';
import { acceptAnyBody, CARRIED_METHODS } from '../carry/any-body.ts';
import type { Carrier } from '../carry/carrier.ts';
import { CarryError } from '../carry/failure.ts';
import { hangUpSignal } from '../carry/hang-up.ts';
import { outsideOf } from '../carry/outside.ts';
import { wantsPage } from '../carry/page.ts';
import { splitTarget, type Passage } from '../carry/passage.ts';
import { leaseWithin, stillStarting } from './held-lease.ts';
import { leadsToProxy } from './inner-proxy.ts';
import { CHANGED_TYPES, JUPYTER_BASE, mayChange, outsideText } from './jupyter-page.ts';

interface Editor {
  /** For people. */
  readonly name: string;
  readonly base: string;
  readonly service: EditorService;
  /** How a request goes on; `rest` is its path below the base, with the slash before it. */
  passage(request: FastifyRequest, rest: string): Passage;
}

/** What the editors need of the server. */
export interface EditorsContext extends Pick<ToolContext, 'app' | 'config'> {
  readonly services: Pick<Services, 'ports' | 'credential'> & { get(name: ServiceName): EditorService };
}

type EditorService = Pick<Service, 'lease' | 'state' | 'stop'>;

/** VS Code and JupyterLab: each starts when its page is first asked for, and stays while anything of it is open. */
export function editorsTool(context: EditorsContext, carrier: Carrier): Tool {
  const holdMs = context.config.SANDFLEET_PAGE_HOLD_SECONDS * 1000;
  void context.app.register(async (scope) => {
    acceptAnyBody(scope);
    for (const editor of [codeServer(context), jupyterLab(context)]) {
      // Without the slash the page's relative URLs would lead beside it.
      scope.get(editor.base, (request, reply) => {
        const { query } = splitTarget(request.raw.url ?? '');
        return reply.redirect(`${outsideOf(request.raw.headers).prefix}${editor.base}/${query}`, 307);
      });
      scope.route({
        method: [...CARRIED_METHODS],
        url: `${editor.base}/*`,
        config: WEB_SOCKET,
        handler: (request, reply) => visit(editor, { request, reply, carrier, holdMs }),
      });
    }
  });
  return { contract: {}, close: async () => carrier.close() };
}

function codeServer({ services }: EditorsContext): Editor {
  return {
    name: 'code-server',
    base: '/code-server',
    service: services.get('code-server'),
    passage: (_, rest) => ({ target: { socketPath: services.ports.codeServer }, path: rest, prefix: '/code-server' }),
  };
}

function jupyterLab({ services }: EditorsContext): Editor {
  return {
    name: 'JupyterLab',
    base: JUPYTER_BASE,
    service: services.get('jupyter-lab'),
    passage: (request, rest) => {
      const port = services.ports.jupyterLab;
      const token = services.credential('jupyter-lab');
      const { prefix } = outsideOf(request.raw.headers);
      // It takes whoever brings its token for asked: the server has looked at the Origin.
      const authorization = `token ${token}`;
      return {
        target: { port },
        path: `${JUPYTER_BASE}${rest}`,
        prefix: '',
        host: `127.0.0.1:${port}`,
        ...(mayChange(rest)
          ? {
              set: { authorization, 'accept-encoding': undefined },
              rewrite: { type: CHANGED_TYPES, apply: (text) => outsideText(text, { prefix, token }) },
            }
          : { set: { authorization } }),
      };
    },
  };
}

interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly carrier: Carrier;
  readonly holdMs: number;
}

async function visit(editor: Editor, { request, reply, carrier, holdMs }: Visit): Promise<unknown> {
  const { name, base, service } = editor;
  let lease: Lease | undefined;
  try {
    const { path } = splitTarget(request.raw.url ?? '');
    if (!path.startsWith(`${base}/`)) throw new ApiError('BAD_PATH', { message: `Write ${base}/ without escapes.` });
    const rest = path.slice(base.length);
    if (leadsToProxy(rest)) return toPreview(request, reply, rest);
    const signal = hangUpSignal(request, reply);
    lease = wantsPage(request) ? await leaseWithin(service, { holdMs, signal }) : await service.lease(signal);
    if (lease === undefined) throw stillStarting(name);
    await carrier.carry(request, reply, { ...editor.passage(request, rest), ended: lease.ended });
    return reply;
  } catch (error) {
    if (isDeaf(error) && lease?.ended.aborted === false) void service.stop();
    return answerFailure(error, { request, reply, name });
  } finally {
    lease?.release();
  }
}

/**
 * It runs and nobody reaches it any more, as when somebody tidies up /tmp with its socket in it: requests keep it from stopping
 * by itself, so it is stopped for the next one to start it anew.
 */
const isDeaf = (error: unknown): boolean => error instanceof CarryError && error.reason === 'refused';

/** Editors offer links to ports by a proxy of their own; the preview of the same port is behind our rules. */
function toPreview(request: FastifyRequest, reply: FastifyReply, rest: string): FastifyReply {
  const isPlain = /^\/(?:abs)?proxy\/[1-9][0-9]{0,4}(?:\/|$)/.test(rest);
  if (!isPlain || asksForWebSocket(request))
    throw new ApiError('FORBIDDEN', {
      message: 'Ports are looked at under /proxy/{port}/ of the sandbox, not through an editor.',
    });
  const url = `${outsideOf(request.raw.headers).prefix}${rest}${stripQuery(splitTarget(request.raw.url ?? '').query)}`;
  return reply.redirect(url, 307);
}
