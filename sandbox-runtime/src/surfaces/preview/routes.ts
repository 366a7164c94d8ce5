import { ApiError } from '@sandfleet/contract';
import { previewContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { ok } from '../../server/answers.ts';
import { previewPortOf } from '../../server/auth/preview-port.ts';
import { WEB_SOCKET } from '../../server/upgrade.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { answerFailure } from '../carry/answer-failure.ts';
import type { Carrier } from '../carry/carrier.ts';
import { outsideOf } from '../carry/outside.ts';
import { splitTarget } from '../carry/passage.ts';
import { acceptAnyBody, CARRIED_METHODS } from '../carry/any-body.ts';
import { listeningPorts } from './listening-ports.ts';
import { ownPorts, refuseOwnPort } from './own-ports.ts';
import { PREVIEW_BY_HEADERS } from './preview-hosts.ts';
import { readPathPreview, type PathPreview } from './preview-path.ts';

/** What listens on a port of the sandbox, as seen from outside. */
export function previewTool(context: ToolContext, carrier: Carrier): Tool {
  const { app } = context;
  const own = () => ownPorts(app, context.config, Object.values(context.services.ports));
  implement(app, previewContract, {
    preview_ports: async () => {
      const hidden = own();
      const ports = (await listeningPorts()).filter(({ port }) => !hidden.has(port));
      return ok({
        ports: ports.map(({ port, owner }) => ({
          port,
          pid: owner?.pid ?? null,
          process: owner?.name ?? null,
          path: `/proxy/${port}/`,
        })),
      });
    },
  });
  const preview = async (request: FastifyRequest, reply: FastifyReply, { port, path, prefix }: PathPreview) => {
    try {
      refuseOwnPort(port, own());
      await carrier.carry(request, reply, { target: { port }, path, prefix, passAuthorization: true });
      return reply;
    } catch (error) {
      return answerFailure(error, { request, reply, name: `Port ${port}` });
    }
  };
  void app.register(async (scope) => {
    acceptAnyBody(scope);
    addPathRoutes(scope, preview);
    scope.route({
      method: [...CARRIED_METHODS],
      url: '/*',
      constraints: PREVIEW_BY_HEADERS,
      config: { ...WEB_SOCKET, surface: 'preview' },
      handler: (request, reply) => preview(request, reply, headerPreview(request)),
    });
  });
  return { contract: previewContract, close: async () => carrier.close() };
}

type Preview = (request: FastifyRequest, reply: FastifyReply, preview: PathPreview) => Promise<unknown>;

function addPathRoutes(scope: FastifyInstance, preview: Preview): void {
  for (const name of ['proxy', 'absproxy']) {
    scope.route({
      method: [...CARRIED_METHODS],
      url: `/${name}/:port/*`,
      config: WEB_SOCKET,
      handler: (request, reply) => preview(request, reply, pathPreview(request)),
    });
    // Without the slash the program's relative URLs would lead beside it.
    scope.get(`/${name}/:port`, (request, reply) => {
      pathPreview(request);
      const { path, query } = splitTarget(request.raw.url ?? '');
      return reply.redirect(`${outsideOf(request.raw.headers).prefix}${path}/${query}`, 307);
    });
  }
}

/** @throws ApiError BAD_PATH */
function pathPreview(request: FastifyRequest): PathPreview {
  const preview = readPathPreview(splitTarget(request.raw.url ?? '').path);
  if (preview === undefined)
    throw new ApiError('BAD_PATH', { message: 'The path names no port from 1 to 65535 in plain digits.' });
  return preview;
}

/** @throws ApiError BAD_REQUEST */
function headerPreview(request: FastifyRequest): PathPreview {
  const port = previewPortOf(request.raw.headers);
  if (typeof port !== 'number') {
    const message = 'The host name or x-aio-proxy-port names no port from 1 to 65535 in plain digits, or they name two.';
    throw new ApiError('BAD_REQUEST', { message });
  }
  return { port, path: splitTarget(request.raw.url ?? '').path, prefix: '' };
}
