import { defineContract } from '@sandfleet/contract';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';

import { inputSchemaOf, placesOf } from './input-schema.ts';
import type { ToolDefinition } from './tool-definition.ts';

const { one, choice } = defineContract({
  one: {
    method: 'PUT',
    path: '/v1/things/{id}',
    tag: 'things',
    summary: 'One',
    params: Type.Object({ id: Type.String() }),
    querystring: Type.Object({ deep: Type.Optional(Type.Boolean({ default: false })) }),
    body: Type.Object({ text: Type.String({ maxLength: 3 }), sudo: Type.Optional(Type.Boolean()) }),
  },
  choice: {
    method: 'POST',
    path: '/v1/choice',
    tag: 'things',
    summary: 'Choice',
    body: Type.Union([
      Type.Object({ kind: Type.Literal('MOVE'), x: Type.Number(), y: Type.Number() }),
      Type.Object({ kind: Type.Literal('CLICK'), x: Type.Optional(Type.Number()) }),
      Type.Object({ kind: Type.Literal('WAIT'), seconds: Type.Number() }),
    ]),
  },
});
const definition: ToolDefinition = { name: 'file_thing', server: 'file', operation: '', title: 'Thing', effect: 'reads' };

describe('inputSchemaOf()', () => {
  it('puts parameters, query and body into one object', () => {
    expect(inputSchemaOf({ ...definition, without: ['sudo'] }, one)).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string' },
        deep: { type: 'boolean', default: false },
        text: { type: 'string', maxLength: 3 },
      },
      required: ['id', 'text'],
    });
  });

  it('makes one object of a choice between objects, that asks for what all of them need', () => {
    expect(inputSchemaOf(definition, choice)).toEqual({
      type: 'object',
      properties: {
        kind: { type: 'string', enum: ['MOVE', 'CLICK', 'WAIT'] },
        x: { type: 'number' },
        y: { type: 'number' },
        seconds: { type: 'number' },
      },
      required: ['kind'],
    });
  });

  it('knows the arguments that a condition allows', () => {
    const body = Type.Unsafe({
      type: 'object',
      properties: { kind: { enum: ['MOVE', 'WAIT'] } },
      required: ['kind'],
      allOf: [
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
        { if: { properties: { kind: { const: 'MOVE' } } }, then: Type.Object({ x: Type.Number() }) },
        // oxlint-disable-next-line unicorn/no-thenable -- the same
        { if: { properties: { kind: { const: 'WAIT' } } }, then: Type.Object({ seconds: Type.Number() }) },
      ],
    });
    expect(inputSchemaOf(definition, { ...choice, body })).toEqual({
      type: 'object',
      properties: { kind: { enum: ['MOVE', 'WAIT'] }, x: { type: 'number' }, seconds: { type: 'number' } },
      required: ['kind'],
    });
  });

  it('knows where each argument goes', () => {
    expect([...placesOf(one)].sort()).toEqual([
      ['deep', 'query'],
      ['id', 'params'],
      ['sudo', 'body'],
      ['text', 'body'],
    ]);
  });
});
