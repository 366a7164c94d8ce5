import { describe, expect, it } from 'vitest';

import { ready, sandbox } from './fixtures.ts';
import { toSandboxView } from './sandbox-view.ts';

const gateway = { url: 'http://gateway.example' };

describe('toSandboxView()', () => {
  it('shows a sandbox that the operator has not seen yet', () => {
    expect(toSandboxView(sandbox(), gateway)).toEqual({
      id: 'a',
      uid: 'uid-of-a',
      name: 'a',
      namespace: 'team-a',
      phase: 'Pending',
      ready: false,
      reason: 'Pending',
      message: 'The operator has not seen the sandbox yet.',
      url: 'http://gateway.example/s/a/',
      createdAt: '2026-01-01T00:00:00Z',
      startedAt: null,
      expiresAt: null,
      template: 'default',
      image: null,
      resources: {},
      network: { egress: { mode: 'Internet' } },
      workspace: null,
      restarts: 0,
      lastTermination: null,
      metadata: {},
    });
  });

  it('shows what was asked for, quantities as text, and never the environment', () => {
    const spec = {
      image: 'registry.example/x:1',
      env: [{ name: 'SECRET', value: 'hunter2' }],
      resources: { limits: { cpu: 2, memory: '1Gi' } },
      workspace: { size: '5Gi', retention: 'Delete' as const },
    };
    const view = toSandboxView(sandbox({ spec, metadata: '{"task":"demo"}' }), gateway);
    expect(view).toMatchObject({
      image: 'registry.example/x:1',
      resources: { limits: { cpu: '2', memory: '1Gi' } },
      workspace: { size: '5Gi', retention: 'Delete' },
      metadata: { task: 'demo' },
    });
    expect(JSON.stringify(view)).not.toContain('hunter2');
  });

  it.for([
    ['ready', { status: { phase: 'Ready', conditions: [ready('True')] } }, ['Ready', true, null, null]],
    [
      'failing, with the reason of the operator',
      { status: { phase: 'Failed', conditions: [ready('False', 'ImagePullFailed', 'The image cannot be pulled.')] } },
      ['Failed', false, 'ImagePullFailed', 'The image cannot be pulled.'],
    ],
    [
      'ready and being deleted',
      { deletedAt: '2026-01-01T01:00:00Z', status: { phase: 'Ready', conditions: [ready('True')] } },
      ['Terminating', false, 'Terminating', 'The sandbox is being deleted.'],
    ],
  ] as const)('tells the state of one that is %s', ([, given, expected]) => {
    const { phase, ready: isReady, reason, message } = toSandboxView(sandbox(given as object), gateway);
    expect([phase, isReady, reason, message]).toEqual(expected);
  });

  it.for(['nonsense', '[]', 'null', '7'])('takes the annotation %s, which anyone may write, for no metadata', (metadata) => {
    expect(toSandboxView(sandbox({ metadata }), gateway).metadata).toEqual({});
  });

  it('drops metadata that is no text', () => {
    expect(toSandboxView(sandbox({ metadata: '{"a":"b","c":{"d":1}}' }), gateway).metadata).toEqual({ a: 'b' });
  });
});
