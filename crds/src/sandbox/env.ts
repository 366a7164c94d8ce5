import { Type, type Static } from 'typebox';

import { rules } from '../rule.ts';
import { ENV_NAME_PATTERN, RESERVED_ENV_NAMES, RESERVED_ENV_PREFIXES, SANDBOX_LIMITS } from './limits.ts';

const reservedNames = RESERVED_ENV_NAMES.map((name) => `'${name}'`).join(', ');
const reservedPrefixes = RESERVED_ENV_PREFIXES.map((prefix) => `self.startsWith('${prefix}')`).join(' || ');
const reservedList = [...RESERVED_ENV_NAMES, ...RESERVED_ENV_PREFIXES.map((prefix) => `${prefix}*`)].join(', ');

const EnvVar = Type.Object(
  {
    name: Type.String({
      description: `Name of the variable: a C identifier. Reserved, since sandfleet or the loader read them: ${reservedList}.`,
      minLength: 1,
      maxLength: SANDBOX_LIMITS.envNameLength,
      ...rules(
        {
          rule: `self.matches('${ENV_NAME_PATTERN}')`,
          message: 'a name in spec.env must be a C identifier: letters, digits and underscores, not beginning with a digit',
        },
        {
          rule: `!(self in [${reservedNames}]) && !(${reservedPrefixes})`,
          message: `this name in spec.env is reserved (${reservedList}); choose another`,
          reason: 'FieldValueForbidden',
        },
      ),
    }),
    value: Type.String({
      description: 'Value of the variable, taken literally: $(OTHER) is not expanded. At most 32 KiB.',
      default: '',
      maxLength: SANDBOX_LIMITS.envValueLength,
      ...rules({
        rule: String.raw`!self.contains('\u0000')`,
        message: 'a value in spec.env cannot hold a NUL character; no process could be started with it',
      }),
    }),
  },
  { description: 'One environment variable.' },
);

export const Env = Type.Array(EnvVar, {
  description: 'Environment variables of every process in the sandbox. Fixed at creation.',
  maxItems: SANDBOX_LIMITS.envEntries,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  ...rules({
    rule: `self.map(e, has(e.value) ? size(bytes(e.value)) : 0).sum() <= ${SANDBOX_LIMITS.envTotalBytes}`,
    message: 'the values of spec.env must hold at most 512 KiB together; write larger data to a file in the sandbox',
  }),
});
export type EnvVar = Static<typeof EnvVar>;
