import { describe, expect, it } from 'vitest';

import { Outputs } from './outputs.ts';
import type { HostOutput } from './protocol.ts';

const out = (text: string): HostOutput => ({ type: 'stream', name: 'stdout', text });
const err = (text: string): HostOutput => ({ type: 'stream', name: 'stderr', text });
const display = (text: string, id?: string): HostOutput => ({
  type: 'display_data',
  data: { 'text/plain': text },
  metadata: {},
  ...(id === undefined ? {} : { display_id: id }),
});
const update = (text: string, id: string): HostOutput => ({
  type: 'update_display_data',
  data: { 'text/plain': text },
  metadata: {},
  display_id: id,
});
const clear = (wait: boolean): HostOutput => ({ type: 'clear_output', wait });
const failure: HostOutput = { type: 'error', ename: 'E', evalue: 'v', traceback: ['t'] };

const collect = (outputs: readonly HostOutput[], limit = 1000) => {
  const collected = new Outputs(limit);
  for (const output of outputs) collected.add(output);
  return collected;
};
const shown = (outputs: readonly HostOutput[], limit?: number) =>
  collect(outputs, limit)
    .list()
    .map(({ output_type, name, text, data, ename }) => `${name ?? output_type}:${ename ?? text ?? String(data?.['text/plain'])}`);

describe('Outputs', () => {
  const cases: readonly [string, readonly HostOutput[], readonly string[]][] = [
    ['nothing', [], []],
    ['joins consecutive writes', [out('a'), out('b'), out('c')], ['stdout:abc']],
    ['keeps the order of two streams', [out('a'), err('b'), out('c')], ['stdout:a', 'stderr:b', 'stdout:c']],
    ['joins nothing over a display', [out('a'), display('x'), out('b')], ['stdout:a', 'display_data:x', 'stdout:b']],
    ['leaves empty writes out', [out('')], []],
    ['clears at once', [out('a'), clear(false), out('b')], ['stdout:b']],
    ['clears with the next output', [out('a'), clear(true), out('b')], ['stdout:b']],
    ['keeps what nothing came after', [out('a'), clear(true)], ['stdout:a']],
    ['changes a display', [display('x', 'i'), out('a'), update('y', 'i')], ['display_data:y', 'stdout:a']],
    [
      'changes every display of an id',
      [display('x', 'i'), display('x', 'i'), update('y', 'i')],
      ['display_data:y', 'display_data:y'],
    ],
    ['shows the change of a display of another execution', [update('y', 'i')], ['display_data:y']],
    ['takes a display without an id for no other', [display('x'), update('y', 'i')], ['display_data:x', 'display_data:y']],
    ['shows errors', [out('a'), failure], ['stdout:a', 'error:E']],
  ];
  it.for(cases)('%s', ([, outputs, expected]) => {
    expect(shown(outputs)).toEqual(expected);
  });

  it('gives each output the fields of its kind', () => {
    const result: HostOutput = { type: 'execute_result', data: { 'text/plain': '1' }, metadata: { m: 1 }, execution_count: 4 };
    expect(collect([result, display('x', 'i'), failure]).list()).toEqual([
      { output_type: 'execute_result', text: '1', data: { 'text/plain': '1' }, metadata: { m: 1 }, execution_count: 4 },
      { output_type: 'display_data', text: 'x', data: { 'text/plain': 'x' }, metadata: {} },
      { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['t'], text: 't' },
    ]);
  });

  const marker = expect.stringMatching(/^stderr:\[output truncated: /);
  const limits: readonly [string, readonly HostOutput[], readonly unknown[]][] = [
    ['cuts text', [out('a'.repeat(9)), out('b'.repeat(9))], [`stdout:${'a'.repeat(9)}b`, marker]],
    ['fills the limit exactly', [out('a'.repeat(10))], [`stdout:${'a'.repeat(10)}`]],
    ['cuts no character in two', [out('aaaaaaaaa€')], ['stdout:aaaaaaaaa', marker]],
    ['leaves out what is too large', [display('x'.repeat(50))], [marker]],
    ['takes nothing small behind it', [display('x'.repeat(50)), out('a')], [marker]],
    ['shows an error behind it', [out('a'.repeat(50)), failure], [`stdout:${'a'.repeat(10)}`, 'error:E', marker]],
    ['begins again when cleared', [out('a'.repeat(50)), clear(false), out('b')], ['stdout:b']],
    ['marks what the host left out', [out('a'), { type: 'dropped' }], ['stdout:a', marker]],
    ['leaves out a change that is too large', [display('x', 'i'), update('y'.repeat(50), 'i')], ['display_data:x', marker]],
  ];
  it.for(limits)('%s over 10 bytes', ([, outputs, expected]) => {
    expect(shown(outputs, 10)).toEqual(expected);
  });

  it('bounds the number of outputs and of errors', () => {
    const many = collect(
      Array.from({ length: 5000 }, (_, index) => display(String(index))),
      1e6,
    );
    expect(many.list()).toHaveLength(1001);
    expect(many.isFull).toBe(true);
    expect(collect(Array.from({ length: 5000 }, () => failure)).list()).toHaveLength(10);
  });

  it('counts what a display was changed to, and no more', () => {
    const outputs = collect([display('x', 'i'), ...Array.from({ length: 100 }, () => update('y'.repeat(5), 'i'))], 10);
    expect(outputs.isFull).toBe(false);
  });
});
