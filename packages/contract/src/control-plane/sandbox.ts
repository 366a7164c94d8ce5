import { Type, type Static } from 'typebox';

/** Bounds that the door and the kind share; a test beside the server holds the two together. */
export const REST_LIMITS = {
  nameLength: 63,
  imageLength: 512,
  envEntries: 100,
  envValueLength: 32_768,
  cidrs: 64,
  metadataEntries: 32,
  metadataKeyLength: 63,
  metadataValueLength: 1024,
  waitSeconds: 300,
  pageSize: 100,
  ticketSeconds: 60,
} as const;

export const NAME_PATTERN = '^(?![0-9]+-)[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
export const IMAGE_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:/@-]*$';

const closed = { additionalProperties: false } as const;

const Quantity = Type.Unsafe<string | number>({
  type: ['string', 'number'],
  maxLength: 32,
  description: 'A Kubernetes quantity.',
});

const ResourceList = (description: string) =>
  Type.Object(
    {
      cpu: Type.Optional(Quantity),
      memory: Type.Optional(Quantity),
      'ephemeral-storage': Type.Optional(Quantity),
    },
    { ...closed, description },
  );

export const ResourcesInput = Type.Object(
  {
    requests: Type.Optional(ResourceList('What the scheduler sets aside for the sandbox.')),
    limits: Type.Optional(ResourceList('What the sandbox can use at most.')),
  },
  { ...closed, description: 'CPU, memory and scratch disk, as in a pod.' },
);

export const NetworkInput = Type.Object(
  {
    egress: Type.Optional(
      Type.Object(
        {
          mode: Type.Optional(
            Type.Enum(['Deny', 'Internet', 'Restricted', 'Open'], {
              description: 'Where the sandbox may connect to; Internet when left out.',
            }),
          ),
          cidrs: Type.Optional(
            Type.Array(Type.String({ maxLength: 49 }), {
              maxItems: REST_LIMITS.cidrs,
              description: 'The ranges that mode Restricted allows.',
            }),
          ),
          domains: Type.Optional(
            Type.Array(Type.String({ maxLength: 253 }), { maxItems: 64, description: 'Not supported by this version yet.' }),
          ),
        },
        closed,
      ),
    ),
  },
  { ...closed, description: 'Network of the sandbox. Connections into it come through the gateway alone.' },
);

export const WorkspaceInput = Type.Object(
  {
    size: Type.Optional(Quantity),
    storageClassName: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
    retention: Type.Optional(
      Type.Enum(['Delete', 'Retain'], {
        description: 'What becomes of the volume when the sandbox is deleted; Delete when left out.',
      }),
    ),
  },
  {
    ...closed,
    description: 'A persistent volume for the home directory. Left out, the home directory lives and dies with the pod.',
  },
);

export const Metadata = Type.Record(Type.String(), Type.String({ maxLength: REST_LIMITS.metadataValueLength }), {
  description: 'Your own notes about the sandbox. Not for secrets: everyone who can read the sandbox reads them.',
  maxProperties: REST_LIMITS.metadataEntries,
  propertyNames: { minLength: 1, maxLength: REST_LIMITS.metadataKeyLength },
});

export const CreateSandbox = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        description: 'Name and id: a DNS label that does not begin with digits and a dash. Made up when left out.',
        minLength: 1,
        maxLength: REST_LIMITS.nameLength,
        pattern: NAME_PATTERN,
      }),
    ),
    template: Type.Optional(
      Type.String({
        description: 'Template to make the sandbox from. This version knows "default" alone.',
        minLength: 1,
        maxLength: 253,
      }),
    ),
    image: Type.Optional(
      Type.String({
        description: "Image of the sandbox; the operator's default image when left out.",
        minLength: 1,
        maxLength: REST_LIMITS.imageLength,
        pattern: IMAGE_PATTERN,
      }),
    ),
    resources: Type.Optional(ResourcesInput),
    env: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: REST_LIMITS.envValueLength }), {
        description: 'Environment variables of every process in the sandbox, taken literally.',
        maxProperties: REST_LIMITS.envEntries,
      }),
    ),
    metadata: Type.Optional(Metadata),
    network: Type.Optional(NetworkInput),
    workspace: Type.Optional(WorkspaceInput),
    lifetime: Type.Optional(Type.Unknown({ description: 'Refused: not supported by this version yet.' })),
    ports: Type.Optional(Type.Unknown({ description: 'Refused: not supported by this version yet.' })),
    wait: Type.Optional(
      Type.Integer({
        description:
          'Seconds to hold the answer until the sandbox is ready. When they are over the answer is 201 all the same, with ready: false.',
        minimum: 0,
        maximum: REST_LIMITS.waitSeconds,
        default: 0,
      }),
    ),
  },
  {
    ...closed,
    examples: [
      {},
      { name: 'demo', env: { GREETING: 'hello' }, metadata: { task: 'demo' }, wait: 60 },
      { resources: { limits: { cpu: '1', memory: '1Gi' } }, network: { egress: { mode: 'Deny' } } },
    ],
  },
);
export type CreateSandbox = Static<typeof CreateSandbox>;

const Nullable = <T extends string>(type: T, description: string, format?: string) =>
  Type.Unsafe<string | null>({ type: [type, 'null'], description, ...(format === undefined ? {} : { format }) });

const Quantities = Type.Record(Type.String(), Type.String());

export const SandboxView = Type.Object(
  {
    id: Type.String({ description: 'Id in URLs: the name.' }),
    uid: Type.String({ description: 'Identity for ever: a later sandbox of the same name has another.' }),
    name: Type.String(),
    namespace: Type.String(),
    phase: Type.String({ description: 'Pending, Starting, Ready, Failed or Terminating: a summary for people.' }),
    ready: Type.Boolean({ description: 'Whether the sandbox can be used.' }),
    reason: Nullable('string', 'Why it is not ready: one word for programs; null when it is.'),
    message: Nullable('string', 'Why it is not ready: a sentence for people; null when it is.'),
    url: Nullable('string', 'Base URL at the gateway; null where the gateway has no public address.', 'uri'),
    createdAt: Type.String({ format: 'date-time' }),
    startedAt: Nullable('string', 'When the container that runs now was started.', 'date-time'),
    expiresAt: Nullable('string', 'When the sandbox ends by itself; null for never.', 'date-time'),
    template: Type.String({ description: 'The template that it was made from.' }),
    image: Nullable('string', "Image of the sandbox; null for the operator's default image."),
    resources: Type.Object(
      { requests: Type.Optional(Quantities), limits: Type.Optional(Quantities) },
      { description: 'As asked for; what was left out has the default of the operator.' },
    ),
    network: Type.Object({
      egress: Type.Object({ mode: Type.String(), cidrs: Type.Optional(Type.Array(Type.String())) }),
    }),
    workspace: Type.Unsafe<{ size: string; storageClassName?: string; retention: string } | null>({
      type: ['object', 'null'],
      description: 'The persistent volume of the home directory; null without one.',
      properties: { size: { type: 'string' }, storageClassName: { type: 'string' }, retention: { type: 'string' } },
    }),
    restarts: Type.Integer({ description: 'How often the container was started again in its present pod.' }),
    lastTermination: Type.Unsafe<{ reason: string; exitCode?: number; time: string; message?: string } | null>({
      type: ['object', 'null'],
      description: 'How the container or the pod last ended.',
      properties: {
        reason: { type: 'string' },
        exitCode: { type: 'integer' },
        time: { type: 'string', format: 'date-time' },
        message: { type: 'string' },
      },
    }),
    metadata: Type.Record(Type.String(), Type.String()),
  },
  {
    examples: [
      {
        id: 'demo',
        uid: '0b0f1c0e-7d0a-4c5e-9a53-2d1a4f7f8b11',
        name: 'demo',
        namespace: 'default',
        phase: 'Ready',
        ready: true,
        reason: null,
        message: null,
        url: 'http://gateway.example:30080/s/demo/',
        createdAt: '2026-01-01T00:00:00Z',
        startedAt: '2026-01-01T00:00:02Z',
        expiresAt: null,
        template: 'default',
        image: null,
        resources: {},
        network: { egress: { mode: 'Internet' } },
        workspace: null,
        restarts: 0,
        lastTermination: null,
        metadata: { task: 'demo' },
      },
    ],
  },
);
export type SandboxView = Static<typeof SandboxView>;

export const SandboxPage = Type.Object({
  items: Type.Array(SandboxView, { description: 'Oldest first.' }),
  nextCursor: Nullable('string', 'Send it as `cursor` for the next page; null on the last one.'),
});
export type SandboxPage = Static<typeof SandboxPage>;
