import { toOpenApi } from '@sandfleet/contract';
import { controlPlane, type ControlPlane } from '@sandfleet/contract/control-plane';
import { Problem, PROBLEM_MEDIA_TYPE, type Handlers } from '@sandfleet/server-kit';
import type { FastifyReply } from 'fastify';

import { toJwks } from '../tokens/key-set.ts';
import type { KeySets } from '../tokens/key-sets.ts';

export type Checks = Readonly<Record<string, () => boolean>>;

export interface ServerHandlersOptions {
  readonly keys: KeySets;
  readonly version: string;
  readonly ready: Checks;
}

type ServerHandlers = Pick<Handlers<ControlPlane>, 'getJwks' | 'getOpenApi' | 'getHealth' | 'getReadiness' | 'getVersion'>;

const PUBLIC_FOR_A_MINUTE = 'public, max-age=60';

export function serverHandlers({ keys, version, ready }: ServerHandlersOptions): ServerHandlers {
  const document = openApiDocument(version);
  return {
    getJwks(_input, { reply }) {
      // Short enough for a rotation: a new key is published before it signs.
      void reply.header('cache-control', PUBLIC_FOR_A_MINUTE);
      return { keys: toJwks(keys.sandboxTokens).keys.map((jwk) => ({ ...jwk })) };
    },
    getOpenApi(_input, { reply }) {
      void reply.header('cache-control', PUBLIC_FOR_A_MINUTE);
      return document;
    },
    getHealth: (_input, { reply }) => sendText(reply, 200, 'ok\n'),
    getReadiness: (_input, { reply }) => {
      const waiting = Object.entries(ready).filter(([, check]) => !check());
      return sendText(reply, waiting.length === 0 ? 200 : 503, waiting.length === 0 ? 'ok\n' : 'not ready\n');
    },
    getVersion: () => ({ name: 'sandfleet', version }),
  };
}

function sendText(reply: FastifyReply, status: number, text: string): void {
  void reply.code(status).type('text/plain; charset=utf-8').send(text);
}

/** The OpenAPI 3.1 document of the control plane. */
export function openApiDocument(version: string): Record<string, unknown> {
  return toOpenApi(controlPlane, {
    title: 'sandfleet control plane',
    version,
    description:
      'Creates sandboxes and hands out what opens them: tokens for programs, tickets for browsers, URLs for both. An API key reaches the sandboxes of one namespace.',
    errorMediaType: PROBLEM_MEDIA_TYPE,
    errorSchema: Problem,
    commonErrors: ['UNAUTHENTICATED', 'FORBIDDEN', 'TOO_MANY_REQUESTS', 'KUBERNETES_UNAVAILABLE', 'INTERNAL'],
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'An API key, made by sandfleet-keys.' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same API key.' },
    },
  });
}
