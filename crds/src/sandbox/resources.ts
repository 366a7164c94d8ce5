import { Type, type Static } from 'typebox';

import { rules, type ValidationRule } from '../rule.ts';
import { DEFAULT_RESOURCES, RESOURCE_NAMES } from './limits.ts';

const Quantity = Type.Unsafe<string | number>({
  description: 'A Kubernetes quantity, such as 500m, 2 or 512Mi.',
  'x-kubernetes-int-or-string': true,
  maxLength: 32,
  ...rules({
    rule: `isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))`,
    message: 'must be a positive Kubernetes quantity, such as 500m, 2 or 512Mi',
  }),
});

const nameList = RESOURCE_NAMES.map((name) => `'${name}'`).join(', ');

const resourceList = (field: 'requests' | 'limits', description: string) =>
  Type.Record(Type.String(), Quantity, {
    description,
    maxProperties: 8,
    ...rules({
      rule: `self.all(name, name in [${nameList}])`,
      message: `spec.resources.${field} knows cpu, memory and ephemeral-storage only; remove the others`,
      reason: 'FieldValueForbidden',
    }),
  });

const quantityOf = (field: string, name: string) => `quantity(string(self.${field}['${name}']))`;
const isSet = (field: string, name: string) =>
  `has(self.${field}) && '${name}' in self.${field} && isQuantity(string(self.${field}['${name}']))`;

const ordered = (name: string): ValidationRule => ({
  rule: `!(${isSet('requests', name)} && ${isSet('limits', name)}) || ${quantityOf('requests', name)}.compareTo(${quantityOf('limits', name)}) <= 0`,
  message: `spec.resources.requests.${name} must not exceed spec.resources.limits.${name}`,
  fieldPath: `.requests['${name}']`,
});

const listed = (list: Readonly<Record<string, string>>) =>
  Object.entries(list)
    .map(([name, quantity]) => `${name} ${quantity}`)
    .join(', ');

export const Resources = Type.Object(
  {
    requests: Type.Optional(
      resourceList(
        'requests',
        `What the scheduler sets aside for the sandbox. Each one left out is ${listed(DEFAULT_RESOURCES.requests)}, or its limit where that is lower.`,
      ),
    ),
    limits: Type.Optional(
      resourceList(
        'limits',
        `What the sandbox can use at most. Each one left out is ${listed(DEFAULT_RESOURCES.limits)}, or its request where that is higher.`,
      ),
    ),
  },
  {
    description:
      'CPU, memory and scratch disk of the sandbox, as in a pod. Requests and limits are always set. Fixed at creation.',
    ...rules(...RESOURCE_NAMES.map(ordered)),
  },
);
export type Resources = Static<typeof Resources>;
