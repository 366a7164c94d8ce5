import { describe, expect, it } from 'vitest';

import { parseEvent } from './protocol.ts';

describe('parseEvent()', () => {
  const events = [
    { event: 'ready', python: '/p', interpreters: { python3: '/p' }, user_site: '/u' },
    { event: 'started', id: 1, pid: 4242 },
    { event: 'done', id: 1, message_id: 'm', status: 'ok', execution_count: 1 },
    { event: 'done', id: 1, message_id: 'm', status: 'died', code: null },
    { event: 'failed', id: 1, message: 'no' },
    { event: 'exited', kernel: 'k1', code: -9 },
    { event: 'output', id: 1, output: { type: 'stream', name: 'stdout', text: 'a' } },
    { event: 'output', id: 1, output: { type: 'display_data', data: { 'a/b': [1] }, metadata: {} } },
  ];
  it.for(events)('reads %o', (event) => {
    expect(parseEvent(JSON.stringify(event))).toEqual(event);
  });

  const attacks = [
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['half an event', '{"event":"started","id":1'],
    ['a list', '[]'],
    ['null', 'null'],
    ['an unknown event', '{"event":"other"}'],
    ['a kernel of every process', '{"event":"started","id":1,"pid":-1}'],
    ['a kernel of our own group', '{"event":"started","id":1,"pid":0}'],
    ['a kernel of the first process', '{"event":"started","id":1,"pid":1}'],
    ['a pid as text', '{"event":"started","id":1,"pid":"12"}'],
    ['half a pid', '{"event":"started","id":1,"pid":12.5}'],
    ['an unknown status', '{"event":"done","id":1,"message_id":"m","status":"fine"}'],
    ['a stream of numbers', '{"event":"output","id":1,"output":{"type":"stream","name":"stdout","text":5}}'],
    ['an unknown stream', '{"event":"output","id":1,"output":{"type":"stream","name":"x","text":""}}'],
    ['a display without data', '{"event":"output","id":1,"output":{"type":"display_data","metadata":{}}}'],
    ['a traceback that is no list', '{"event":"output","id":1,"output":{"type":"error","ename":"","evalue":"","traceback":"x"}}'],
  ] as const;
  it.for(attacks)('takes %s for nothing', ([, line]) => {
    expect(parseEvent(line)).toBeUndefined();
  });
});
