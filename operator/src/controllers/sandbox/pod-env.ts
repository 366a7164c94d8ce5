import { HOME_DIRECTORY, isReservedEnvName, RUNTIME_PORT, type Sandbox } from '@sandfleet/crds';

import { nameOf, namespaceOf, uidOf } from './names.ts';
import type { PodKey } from './observed.ts';

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

/** The user's variables, then those that make the runtime this sandbox and no other. */
export function podEnv(sandbox: Sandbox, podKey: PodKey): readonly EnvVar[] {
  const own = (sandbox.spec.env ?? [])
    .filter(({ name }) => !isReservedEnvName(name))
    .map(({ name, value }) => ({ name, value: literal(value) }));
  return [
    ...own,
    { name: 'JWT_PUBLIC_KEY', value: Buffer.from(podKey.pem).toString('base64') },
    { name: 'SANDFLEET_TOKEN_AUDIENCE', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    { name: 'SANDFLEET_SANDBOX', value: nameOf(sandbox) },
    { name: 'SANDFLEET_SANDBOX_UID', value: uidOf(sandbox) },
    { name: 'SANDFLEET_NAMESPACE', value: namespaceOf(sandbox) },
    { name: 'PUBLIC_PORT', value: String(RUNTIME_PORT) },
    { name: 'WORKSPACE', value: HOME_DIRECTORY },
    { name: 'HOME', value: HOME_DIRECTORY },
  ];
}

/** The kubelet expands $(NAME) and reads $$ as one dollar, so every dollar of a literal value is doubled. */
const literal = (value: string): string => value.replaceAll('$', '$$$$');
