import { REST_LIMITS, CreateSandbox, NAME_PATTERN } from '@sandfleet/contract/control-plane';
import { ANNOTATIONS, PORT_PREFIX_PATTERN, SANDBOX_LIMITS, SANDBOX_NAME_PATTERN } from '@sandfleet/crds';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';

import { randomName } from './names.ts';
import { toSandboxObject } from './sandbox-object.ts';

const place = { name: 'demo', namespace: 'team-a' };

describe('toSandboxObject()', () => {
  it('leaves everything out that was left out, for the defaults of the kind to fill in', () => {
    expect(toSandboxObject({}, place)).toEqual({
      apiVersion: 'sandfleet.dev/v1alpha1',
      kind: 'Sandbox',
      metadata: place,
      spec: {},
    });
  });

  it('turns a request into the shape of the kind', () => {
    const body = {
      name: 'demo',
      image: 'registry.example/x:1',
      resources: { limits: { cpu: 1 } },
      env: { B: '$(HOME)', A: '' },
      metadata: { task: 'x' },
      network: { egress: { mode: 'Deny' as const } },
      workspace: { size: '1Gi' },
      template: 'default',
      wait: 3,
    };
    expect(toSandboxObject(body, place)).toEqual({
      apiVersion: 'sandfleet.dev/v1alpha1',
      kind: 'Sandbox',
      metadata: { ...place, annotations: { [ANNOTATIONS.metadata]: '{"task":"x"}' } },
      spec: {
        image: 'registry.example/x:1',
        resources: { limits: { cpu: 1 } },
        env: [
          { name: 'B', value: '$(HOME)' },
          { name: 'A', value: '' },
        ],
        network: { egress: { mode: 'Deny' } },
        workspace: { size: '1Gi' },
      },
    });
  });

  it.for([
    ['template', { template: 'gpu' }],
    ['lifetime', { lifetime: { ttlSeconds: 5 } }],
    ['ports', { ports: [] }],
  ] as const)('refuses %s with a sentence', ([field, body]) => {
    expect(() => toSandboxObject(body, place)).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED', fields: [expect.objectContaining({ location: ['body', field] })] }),
    );
  });
});

describe('the door', () => {
  it('has the limits of the kind', () => {
    const { nameLength, imageLength, envEntries, envValueLength, cidrs } = SANDBOX_LIMITS;
    expect(REST_LIMITS).toMatchObject({ nameLength, imageLength, envEntries, envValueLength, cidrs });
  });

  it.for(['a', 'a-b', '1', '1a', '12-a', '-a', 'a-', 'A', 'a.b', 'a_b', '', 'ä', 'x'.repeat(63), 'x'.repeat(64), '1-', 'a1-2'])(
    'takes the name %s if the kind does',
    (name) => {
      const kindTakes =
        name.length <= 63 && new RegExp(SANDBOX_NAME_PATTERN).test(name) && !new RegExp(PORT_PREFIX_PATTERN).test(name);
      expect(Value.Check(CreateSandbox, { name })).toBe(kindTakes);
    },
  );

  it('takes the names that are made up', () => {
    const names = Array.from({ length: 100 }, randomName);
    expect(names.every((name) => new RegExp(NAME_PATTERN).test(name) && /^sbx-[a-z2-7]{10}$/.test(name))).toBe(true);
    expect(new Set(names).size).toBe(100);
  });
});
