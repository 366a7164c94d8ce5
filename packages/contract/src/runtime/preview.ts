import { Type } from 'typebox';

import { defineContract, type Operation } from '../operation.ts';
import { envelope } from './envelope.ts';

const ListeningPort = Type.Object({
  port: Type.Integer({ minimum: 1, maximum: 65_535, description: 'TCP port on the loopback device' }),
  pid: Type.Union([Type.Integer(), Type.Null()], { description: 'process that listens; null for one of another user' }),
  process: Type.Union([Type.String(), Type.Null()], { description: 'name of that process' }),
  path: Type.String({ description: 'where its preview is, from the root of the sandbox' }),
});

/** What programs of the sandbox offer to look at. Ours: the published interface has the paths of previews and no list of them. */
export const previewContract = defineContract({
  preview_ports: {
    method: 'GET',
    path: '/v1/preview/ports',
    tag: 'preview',
    summary: 'List the TCP ports that have a preview',
    description:
      'Every port on which a program of the sandbox listens, lowest first; those of the sandbox itself are left out. ' +
      'A preview is at /proxy/{port}/ (the prefix is taken off) and at /absproxy/{port}/ (the path stays whole).',
    response: envelope(Type.Object({ ports: Type.Array(ListeningPort) })),
  },
} as const satisfies Record<string, Operation>);
