import { Type, type Static } from 'typebox';

import { rules } from '../rule.ts';
import { DEFAULT_WORKSPACE_SIZE, DNS_SUBDOMAIN_PATTERN } from './limits.ts';

export const RETENTIONS = ['Delete', 'Retain'] as const;

export const Workspace = Type.Object(
  {
    size: Type.Unsafe<string | number>({
      description: 'Size of the volume, a Kubernetes quantity.',
      default: DEFAULT_WORKSPACE_SIZE,
      'x-kubernetes-int-or-string': true,
      maxLength: 32,
      ...rules({
        rule: `isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))`,
        message: 'spec.workspace.size must be a positive Kubernetes quantity, such as 10Gi',
      }),
    }),
    storageClassName: Type.Optional(
      Type.String({
        description: "Storage class of the volume; the cluster's default class when left out.",
        minLength: 1,
        maxLength: 253,
        ...rules({
          rule: `self.matches('${DNS_SUBDOMAIN_PATTERN}')`,
          message: 'spec.workspace.storageClassName must be the name of a StorageClass (a DNS subdomain in lower case)',
        }),
      }),
    ),
    retention: Type.Enum([...RETENTIONS], {
      description:
        'What becomes of the volume when the sandbox is deleted: Delete removes it; Retain keeps it, and a later sandbox of the same name takes it up again.',
      default: 'Delete',
    }),
  },
  {
    description:
      'A persistent volume for the home directory /home/gem, so that it outlives the pod. Left out, the home directory lives and dies with the pod. Fixed at creation.',
  },
);
export type Workspace = Static<typeof Workspace>;
