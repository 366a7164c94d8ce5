import { Type, type Static } from 'typebox';

import { immutable, notYet, rules } from '../rule.ts';
import { Env } from './env.ts';
import { FailurePolicy } from './failure-policy.ts';
import { DNS_SUBDOMAIN_PATTERN, IMAGE_PATTERN, SANDBOX_LIMITS } from './limits.ts';
import { Network } from './network.ts';
import { Resources } from './resources.ts';
import { Lifetime, Ports, Template, TemplateRef } from './unsupported.ts';
import { Workspace } from './workspace.ts';

export const OPERATING_MODES = ['Running', 'Suspended'] as const;

const className = (kind: 'RuntimeClass' | 'PriorityClass', field: string, description: string) =>
  Type.String({
    description: `${description} Fixed at creation.`,
    minLength: 1,
    maxLength: 253,
    ...rules({
      rule: `self.matches('${DNS_SUBDOMAIN_PATTERN}')`,
      message: `spec.${field} must be the name of a ${kind} (a DNS subdomain in lower case)`,
    }),
  });

const specRules = rules(
  notYet('spec', 'templateRef', 'remove it and write image, resources and env in the spec itself'),
  notYet('spec', 'template', 'remove it and write image, resources and env in the spec itself'),
  notYet('spec', 'lifetime', 'remove it and delete the sandbox when done'),
  notYet('spec', 'ports', "remove it; the gateway's preview surface reaches any port"),
  {
    rule: `self.operatingMode == 'Running'`,
    message: 'spec.operatingMode Suspended is not supported by this version yet; remove it or use Running',
    fieldPath: '.operatingMode',
    reason: 'FieldValueForbidden',
  },
  {
    // A tenant whose pods outrank the cluster's own could push those off their nodes.
    rule: `!has(self.priorityClassName) || !self.priorityClassName.startsWith('system-')`,
    message: 'spec.priorityClassName must not be one of the system- classes; they are for the parts of the cluster itself',
    fieldPath: '.priorityClassName',
    reason: 'FieldValueForbidden',
  },
  ...['image', 'resources', 'env', 'workspace', 'runtimeClassName', 'priorityClassName'].map((field) => immutable('spec', field)),
);

export const SandboxSpec = Type.Object(
  {
    templateRef: Type.Optional(TemplateRef),
    template: Type.Optional(Template),
    image: Type.Optional(
      Type.String({
        description:
          "Image of the sandbox; the operator's default image when left out. It must hold the sandfleet runtime and run as uid 1000. Fixed at creation.",
        minLength: 1,
        maxLength: SANDBOX_LIMITS.imageLength,
        ...rules({
          rule: `self.matches('${IMAGE_PATTERN}')`,
          message: 'spec.image must be an image reference, such as registry.example/team/sandbox:1.2; it holds no spaces',
        }),
      }),
    ),
    resources: Type.Optional(Resources),
    env: Type.Optional(Env),
    workspace: Type.Optional(Workspace),
    operatingMode: Type.Enum([...OPERATING_MODES], {
      description:
        'Running keeps a pod. Suspended removes the pod and keeps the workspace; it is not supported by this version yet.',
      default: 'Running',
    }),
    lifetime: Type.Optional(Lifetime),
    network: Network,
    ports: Type.Optional(Ports),
    runtimeClassName: Type.Optional(
      className('RuntimeClass', 'runtimeClassName', 'RuntimeClass of the pod, such as one of a sandboxing runtime.'),
    ),
    priorityClassName: Type.Optional(
      className('PriorityClass', 'priorityClassName', 'PriorityClass of the pod; the system- classes are refused.'),
    ),
    service: Type.Boolean({
      description:
        'Make a headless Service with the name of the sandbox, which gives the pod a DNS name. Connections to it are subject to the same network policy as all others.',
      default: false,
    }),
    failurePolicy: FailurePolicy,
  },
  {
    description: 'What the sandbox should be. Everything has a default: an empty spec is a sandbox of the default image.',
    default: {},
    ...specRules,
  },
);
export type SandboxSpec = Static<typeof SandboxSpec>;
