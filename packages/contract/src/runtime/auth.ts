import { Type } from 'typebox';

import { MODES, SURFACES } from '../control-plane/surfaces.ts';
import { defineContract } from '../operation.ts';

/** Not in the envelope: both operations speak to clients that were there before it. */
export const authContract = defineContract({
  create_ticket: {
    method: 'POST',
    path: '/tickets',
    tag: 'auth',
    summary: 'Make a ticket: a credential for a URL, for one page and its socket',
    description:
      'Put it into a URL as `?ticket=`: it is good for one HTTP request and one WebSocket within its life, and then for nothing. ' +
      'Needs a token or a key, or none where nobody needs one; a ticket makes no tickets.',
    bodyOptional: true,
    body: Type.Object({
      surface: Type.Optional(
        Type.Enum([...SURFACES], { description: 'What the ticket opens; everything, but once, when left out' }),
      ),
      mode: Type.Optional(Type.Enum([...MODES], { default: 'control', description: 'view looks on, control also acts' })),
      port: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 65_535,
          description: 'Port that a ticket for preview is held to; any when left out',
        }),
      ),
    }),
    response: Type.Object({
      ticket: Type.String({ description: 'Fits into a URL as it is' }),
      expires_in: Type.Integer({ description: 'Seconds until it is good for nothing' }),
    }),
    errors: ['BAD_REQUEST', 'FORBIDDEN', 'TOO_MANY_REQUESTS'],
  },
  authenticate: {
    method: 'GET',
    path: '/auth',
    tag: 'auth',
    summary: 'Whether a request that a proxy has in hand would be let in',
    description:
      'For `auth_request` of nginx: give the URL of that request as X-Original-URI, and its Authorization. A ticket in that URL ' +
      'is not spent by asking; it can be asked about twice.',
    response: Type.Record(Type.String(), Type.String(), {
      description: 'What let it in: kind, mode, and subject and surface if any',
    }),
    errors: ['BAD_PATH', 'SCOPE_MISSING', 'TOO_MANY_REQUESTS'],
  },
});
