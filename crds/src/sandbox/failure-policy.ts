import { Type, type Static } from 'typebox';

import { notYet, rules } from '../rule.ts';

export const FAILURE_MODES = ['Recreate', 'Never'] as const;

const seconds = (description: string) =>
  Type.Optional(
    Type.Integer({
      description: `${description} Not supported by this version yet.`,
      minimum: 1,
      maximum: 86_400,
      format: 'int32',
    }),
  );

export const FailurePolicy = Type.Object(
  {
    mode: Type.Enum([...FAILURE_MODES], {
      description:
        'What happens when the pod fails as a whole (evicted, refused by its node): Recreate makes it anew after 10 s, doubling up to 5 min while it keeps failing. Never is not supported by this version yet. A container that ends is always started again in its pod.',
      default: 'Recreate',
    }),
    backoffSeconds: seconds('Wait before the first new pod.'),
    maxBackoffSeconds: seconds('Longest wait before a new pod.'),
    maxRecreations: Type.Optional(
      Type.Integer({
        description: 'Give up after this many new pods. Not supported by this version yet.',
        minimum: 0,
        maximum: 1000,
        format: 'int32',
      }),
    ),
  },
  {
    description: 'What happens when the pod fails.',
    default: {},
    ...rules(
      {
        rule: `self.mode == 'Recreate'`,
        message: 'spec.failurePolicy.mode Never is not supported by this version yet; remove it or use Recreate',
        fieldPath: '.mode',
        reason: 'FieldValueForbidden',
      },
      notYet('spec.failurePolicy', 'backoffSeconds', 'remove it; pods are made anew after 10 s, doubling up to 5 min'),
      notYet('spec.failurePolicy', 'maxBackoffSeconds', 'remove it; pods are made anew after 10 s, doubling up to 5 min'),
      notYet('spec.failurePolicy', 'maxRecreations', 'remove it and delete the sandbox to stop it'),
    ),
  },
);
export type FailurePolicy = Static<typeof FailurePolicy>;
