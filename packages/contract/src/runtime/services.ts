import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

const name = Type.Enum(['screen', 'browser', 'jupyter-lab', 'code-server'], {
  description: 'screen: the X display that VNC shows; browser: Chromium on it; jupyter-lab and code-server: the editors',
});

export const ServiceInfo = Type.Object({
  name,
  state: Type.Enum(['disabled', 'stopped', 'starting', 'running', 'stopping', 'backing-off'], {
    description:
      'disabled: switched off by the environment; stopped: starts with its first use; backing-off: it failed and waits before ' +
      'it is tried again',
  }),
  pid: Type.Optional(Type.Integer({ description: 'Of its first process' })),
  restarts: Type.Integer({ description: 'Starts after a failure' }),
  last_exit: Type.Optional(
    Type.Object({
      code: Type.Optional(Type.Integer({ description: 'Exit code, when the program ended by itself' })),
      signal: Type.Optional(Type.String({ description: 'What ended the program, when it did not end by itself' })),
      reason: Type.String({ description: '`idle` and `stopped` are no failures' }),
      at: Type.String({ description: 'ISO 8601' }),
    }),
  ),
  running_since: Type.Optional(Type.String({ description: 'ISO 8601' })),
  idle_seconds: Type.Optional(Type.Integer({ description: 'Since its last use ended; left out while it is in use' })),
  memory_bytes: Type.Integer({ description: 'Resident memory of all its processes; pages that they share count for each' }),
});
export type ServiceInfo = Static<typeof ServiceInfo>;

const params = Type.Object({ name });

export const servicesContract = defineContract({
  services_list: {
    method: 'GET',
    path: '/v1/services',
    tag: 'services',
    summary: 'List the services and their states',
    description: 'The heavy programs of the sandbox. They start when something needs them and stop when nothing has for a while.',
    response: envelope(Type.Array(ServiceInfo)),
  },
  services_get: {
    method: 'GET',
    path: '/v1/services/{name}',
    tag: 'services',
    summary: 'Tell the state of a service',
    params,
    response: envelope(ServiceInfo),
  },
  services_start: {
    method: 'POST',
    path: '/v1/services/{name}/start',
    tag: 'services',
    summary: 'Start a service before its first use',
    description: 'Answers when it runs. It stops again when nothing uses it for its idle time.',
    params,
    body: Type.Object({}),
    bodyOptional: true,
    response: envelope(ServiceInfo),
    errors: ['SERVICE_DISABLED', 'SERVICE_UNAVAILABLE'],
  },
  services_stop: {
    method: 'POST',
    path: '/v1/services/{name}/stop',
    tag: 'services',
    summary: 'Stop a service',
    description: 'Answers when no process of it is left. Whoever uses it loses it, and the browser goes with the screen.',
    params,
    body: Type.Object({}),
    bodyOptional: true,
    response: envelope(ServiceInfo),
  },
  services_restart: {
    method: 'POST',
    path: '/v1/services/{name}/restart',
    tag: 'services',
    summary: 'Stop a service and start it again',
    params,
    body: Type.Object({}),
    bodyOptional: true,
    response: envelope(ServiceInfo),
    errors: ['SERVICE_DISABLED', 'SERVICE_UNAVAILABLE'],
  },
});
