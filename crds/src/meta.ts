import { Type, type Static } from 'typebox';

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The part of Kubernetes' ObjectMeta that sandfleet reads; times are RFC 3339 strings. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export const CONDITION_STATUSES = ['True', 'False', 'Unknown'] as const;

export const Condition = Type.Object(
  {
    type: Type.String({ description: 'What the condition is about, in CamelCase.', minLength: 1, maxLength: 316 }),
    status: Type.Enum([...CONDITION_STATUSES], { description: 'True, False or Unknown.' }),
    observedGeneration: Type.Optional(
      Type.Integer({ description: 'The metadata.generation that the condition was set for.', minimum: 0, format: 'int64' }),
    ),
    lastTransitionTime: Type.String({
      description: 'When the status last changed from one value to another.',
      format: 'date-time',
    }),
    reason: Type.String({ description: 'One CamelCase word for programs that says why.', minLength: 1, maxLength: 1024 }),
    message: Type.String({
      description: 'A sentence for people that says why and, where it can, what to do.',
      maxLength: 32_768,
    }),
  },
  { description: 'One aspect of the state as last observed.' },
);
export type Condition = Static<typeof Condition>;
