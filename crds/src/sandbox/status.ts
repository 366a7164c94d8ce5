import { Type, type Static } from 'typebox';

import { Condition } from '../meta.ts';

export const PHASES = ['Pending', 'Starting', 'Ready', 'Failed', 'Terminating'] as const;
export type SandboxPhase = (typeof PHASES)[number];

const text = (description: string, maxLength = 253) => Type.Optional(Type.String({ description, maxLength }));
const time = (description: string) => Type.Optional(Type.String({ description, format: 'date-time' }));
const count = (description: string) => Type.Optional(Type.Integer({ description, minimum: 0, format: 'int32' }));

export const LastTermination = Type.Object(
  {
    reason: Type.String({ description: 'Why it ended, such as OOMKilled, Error, Evicted or Deleted.', maxLength: 256 }),
    message: text('What the node said about it.', 1024),
    exitCode: Type.Optional(Type.Integer({ description: 'Exit code of the container, where it left one.', format: 'int32' })),
    container: text('Container that ended; absent where the whole pod ended.'),
    podUID: text('UID of the pod that it happened in.', 64),
    node: text('Node that it happened on.'),
    time: Type.String({ description: 'When it ended.', format: 'date-time' }),
  },
  { description: 'How the container or the pod last ended; kept after the pod is gone.' },
);
export type LastTermination = Static<typeof LastTermination>;

export const SandboxStatus = Type.Object(
  {
    observedGeneration: Type.Optional(
      Type.Integer({ description: 'The metadata.generation that this status was made for.', minimum: 0, format: 'int64' }),
    ),
    phase: Type.Optional(
      Type.Enum([...PHASES], {
        description:
          'A summary for people: Pending (not on a node yet), Starting, Ready, Failed (needs attention; see the condition Ready) or Terminating.',
      }),
    ),
    conditions: Type.Optional(
      Type.Array(Condition, {
        description:
          'The state by aspects: Ready, PodScheduled, NetworkReady, WorkspaceReady and, with spec.service, ServiceReady.',
        maxItems: 16,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
    ),
    url: text("The sandbox's URL at the gateway.", 2048),
    podName: text('Name of the pod.'),
    podUID: text('UID of the pod, or of the last one while there is none.', 64),
    podIPs: Type.Optional(
      Type.Array(Type.String({ description: 'An IP address of the pod.', maxLength: 64 }), {
        description: 'IP addresses of the pod.',
        maxItems: 4,
        'x-kubernetes-list-type': 'atomic',
      }),
    ),
    nodeName: text('Node that the pod runs on.'),
    startedAt: time('When the container that runs now was started.'),
    expiresAt: time('When the sandbox ends by itself. Not set by this version.'),
    lastActivityTime: time('When the sandbox was last used. Not set by this version.'),
    restarts: count('How often the container was started again in its present pod.'),
    recreations: count('How often the pod was made anew.'),
    failures: count('How many pods failed one after the other; decides how long the next one waits.'),
    nextAttemptTime: time('When the next pod is made, after one that failed.'),
    lastTermination: Type.Optional(LastTermination),
    templateHash: text('Hash of the template that the pod was made from. Not set by this version.', 64),
  },
  { description: 'The state of the sandbox as last observed. Written by the operator alone.' },
);
export type SandboxStatus = Static<typeof SandboxStatus>;
