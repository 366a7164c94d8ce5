import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';

import { toStructuralSchema } from './structural-schema.ts';

describe('toStructuralSchema()', () => {
  it('gives enums their type and maps their values', () => {
    expect(toStructuralSchema(Type.Enum(['a', 'b']))).toEqual({ type: 'string', enum: ['a', 'b'] });
    expect(toStructuralSchema(Type.Record(Type.String(), Type.Integer()))).toEqual({
      type: 'object',
      additionalProperties: { type: 'integer' },
    });
  });

  it('does not require what has a default, since the API server fills it in', () => {
    const schema = Type.Object({ a: Type.String(), b: Type.String({ default: 'x' }), c: Type.Optional(Type.String()) });
    expect(toStructuralSchema(schema)).toMatchObject({ required: ['a'] });
  });

  it('writes out the defaults inside a default, since the API server checks it as it stands', () => {
    const inner = Type.Object({ mode: Type.String({ default: 'm' }), other: Type.Optional(Type.String()) }, { default: {} });
    expect(
      toStructuralSchema(Type.Object({ inner, set: Type.Boolean({ default: true }) }, { default: { set: false } })),
    ).toMatchObject({
      default: { inner: { mode: 'm' }, set: false },
      properties: { inner: { default: { mode: 'm' } } },
    });
  });

  it('passes the extensions of Kubernetes on', () => {
    expect(toStructuralSchema(Type.Unsafe({ 'x-kubernetes-int-or-string': true }))).toEqual({
      'x-kubernetes-int-or-string': true,
    });
  });

  const refused = [
    ['a union', Type.Object({ a: Type.Union([Type.String(), Type.Integer()]) }), 'root.a: a structural schema cannot hold anyOf'],
    ['a literal', Type.Object({ a: Type.Array(Type.Literal('x')) }), 'root.a[]: a structural schema cannot hold const'],
    [
      'a map with patterns for keys',
      Type.Record(Type.String({ pattern: '^a' }), Type.String()),
      'root: a structural schema cannot hold patterns for keys',
    ],
  ] as const;
  it.for(refused)('refuses %s, and says where it is', ([, schema, message]) => {
    expect(() => toStructuralSchema(schema)).toThrow(message);
  });
});
