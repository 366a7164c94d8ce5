import { Type } from 'typebox';

import { GROUP, SANDBOX_KIND, SANDBOX_PLURAL, VERSION } from '../constants.ts';
import { rules } from '../rule.ts';
import { toStructuralSchema } from '../structural-schema.ts';
import { PORT_PREFIX_PATTERN, SANDBOX_LIMITS, SANDBOX_NAME_PATTERN } from './limits.ts';
import { SandboxSpec } from './spec.ts';
import { SandboxStatus } from './status.ts';

const nameRules = rules(
  {
    rule: `size(self.metadata.name) <= ${SANDBOX_LIMITS.nameLength} && self.metadata.name.matches('${SANDBOX_NAME_PATTERN}')`,
    message:
      "metadata.name must be a DNS label (a-z, 0-9 and '-', at most 63 characters, beginning and ending with a letter or digit), since it is part of the sandbox's URL",
    fieldPath: '.metadata.name',
  },
  {
    rule: `!self.metadata.name.matches('${PORT_PREFIX_PATTERN}')`,
    message: "metadata.name must not begin with digits and '-': in a host name that would read as the number of a port",
    fieldPath: '.metadata.name',
  },
  {
    rule: `!self.spec.service || self.metadata.name.matches('^[a-z]')`,
    message: 'spec.service needs a metadata.name that begins with a letter, since the Service has the same name',
    fieldPath: '.spec.service',
  },
);

const Root = Type.Object(
  {
    apiVersion: Type.Optional(Type.String({ description: 'Version of the schema: sandfleet.dev/v1alpha1.' })),
    kind: Type.Optional(Type.String({ description: 'The kind: Sandbox.' })),
    // The API server has its own schema of metadata; this much of it lets a rule point at the name.
    metadata: Type.Optional(Type.Object({ name: Type.Optional(Type.String()) })),
    spec: SandboxSpec,
    status: Type.Optional(SandboxStatus),
  },
  {
    description:
      'A Sandbox is one pod with an all-in-one environment for an agent: shell, files, browser, notebooks and editors behind one URL, over one file system.',
    ...nameRules,
  },
);

const condition = (type: string, field: string) => `.status.conditions[?(@.type=="${type}")].${field}`;

const column = (name: string, jsonPath: string, description: string, options: { type?: string; priority?: number } = {}) => ({
  name,
  type: options.type ?? 'string',
  description,
  jsonPath,
  ...(options.priority === undefined ? {} : { priority: options.priority }),
});

const WIDE = 1;

const printerColumns = [
  column('Phase', '.status.phase', 'Summary of the state.'),
  column('Ready', condition('Ready', 'status'), 'Whether the sandbox can be used.'),
  column('URL', '.status.url', "The sandbox's URL."),
  column('Age', '.metadata.creationTimestamp', 'Time since creation.', { type: 'date' }),
  column('Pod', '.status.podName', 'Name of the pod.', { priority: WIDE }),
  column('Node', '.status.nodeName', 'Node of the pod.', { priority: WIDE }),
  column('Egress', '.spec.network.egress.mode', 'Where the sandbox may connect to.', { priority: WIDE }),
  column('Reason', condition('Ready', 'reason'), 'Why it is ready or not.', { priority: WIDE }),
  column('Restarts', '.status.restarts', 'Restarts of the container.', { type: 'integer', priority: WIDE }),
  column('Expires', '.status.expiresAt', 'When the sandbox ends by itself.', { type: 'date', priority: WIDE }),
];

/** The CustomResourceDefinition of Sandbox, ready to be written as YAML. */
export const sandboxDefinition = () => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${SANDBOX_PLURAL}.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: {
      kind: SANDBOX_KIND,
      listKind: `${SANDBOX_KIND}List`,
      plural: SANDBOX_PLURAL,
      singular: SANDBOX_KIND.toLowerCase(),
      shortNames: ['sbx'],
      categories: ['all', 'sandfleet'],
    },
    versions: [
      {
        name: VERSION,
        served: true,
        storage: true,
        additionalPrinterColumns: printerColumns,
        schema: { openAPIV3Schema: toStructuralSchema(Root) },
        subresources: { status: {} },
      },
    ],
  },
});
