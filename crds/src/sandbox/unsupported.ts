import { Type } from 'typebox';

import { Env } from './env.ts';
import { SANDBOX_LIMITS } from './limits.ts';
import { Resources } from './resources.ts';

/**
 * Fields that the kind has, so that its shape is settled, and whose behaviour is not built: a rule of the spec refuses each
 * of them by name.
 */
const NOT_YET = 'Not supported by this version yet.';

/** A field that is refused as a whole needs the shape of another, and not its rules. */
function shapeOf<S extends object>(schema: S): S {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === 'x-kubernetes-validations' ? undefined : value)),
  ) as S;
}

export const TemplateRef = Type.Object(
  { name: Type.String({ description: 'Name of a SandboxTemplate in the same namespace.', minLength: 1, maxLength: 253 }) },
  { description: `The SandboxTemplate to make the sandbox from. ${NOT_YET}` },
);

export const Template = Type.Object(
  {
    image: Type.Optional(Type.String({ description: 'Image of the sandbox.', maxLength: SANDBOX_LIMITS.imageLength })),
    resources: Type.Optional(shapeOf(Resources)),
    env: Type.Optional(shapeOf(Env)),
    runtimeClassName: Type.Optional(Type.String({ description: 'RuntimeClass of the pod.', maxLength: 253 })),
    priorityClassName: Type.Optional(Type.String({ description: 'PriorityClass of the pod.', maxLength: 253 })),
  },
  { description: `A template written in place: the part of a pod that may be chosen. ${NOT_YET}` },
);

export const EXPIRY_ACTIONS = ['Delete', 'Suspend', 'Retain'] as const;

export const Lifetime = Type.Object(
  {
    ttlSeconds: Type.Optional(
      Type.Integer({ description: 'Expire this long after creation.', minimum: 1, maximum: 31_536_000, format: 'int64' }),
    ),
    idleTimeoutSeconds: Type.Optional(
      Type.Integer({ description: 'Expire after this long without activity.', minimum: 1, maximum: 31_536_000, format: 'int64' }),
    ),
    shutdownTime: Type.Optional(Type.String({ description: 'Expire at this moment.', format: 'date-time' })),
    onExpiry: Type.Optional(
      Type.Enum([...EXPIRY_ACTIONS], {
        description:
          'What happens then: Delete the sandbox, Suspend it (its workspace stays), or Retain the object without its pod.',
      }),
    ),
  },
  { description: `When the sandbox ends by itself. ${NOT_YET}` },
);

export const Ports = Type.Array(
  Type.Object(
    {
      port: Type.Integer({
        description: 'Port that a process in the sandbox listens on.',
        minimum: 1,
        maximum: 65_535,
        format: 'int32',
      }),
      name: Type.Optional(Type.String({ description: 'Name of the port: a DNS label.', minLength: 1, maxLength: 63 })),
    },
    { description: 'A port of the sandbox.' },
  ),
  {
    description: `Ports with a URL of their own. ${NOT_YET} Any port can be reached through the preview surface of the gateway.`,
    maxItems: SANDBOX_LIMITS.ports,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['port'],
  },
);
