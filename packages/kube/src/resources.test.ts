import { describe, expectTypeOf, it } from 'vitest';
import type { Lease, NetworkPolicy, Raw } from './resources.ts';

describe('types of the predefined resources', () => {
  it('have the names and values of JSON, not those of the generated client', () => {
    type Ingress = NonNullable<NonNullable<NetworkPolicy['spec']>['ingress']>[number];
    expectTypeOf<Ingress>().toHaveProperty('from');
    expectTypeOf<Ingress>().not.toHaveProperty('_from');
    expectTypeOf<NonNullable<NonNullable<Lease['spec']>['renewTime']>>().toEqualTypeOf<string>();
    expectTypeOf<Raw<{ x_kubernetes_list_map_keys?: string[] }>>().toEqualTypeOf<{
      readonly 'x-kubernetes-list-map-keys'?: readonly string[];
    }>();
  });
});
