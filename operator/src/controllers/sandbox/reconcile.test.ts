import type { SandboxStatus } from '@sandfleet/crds';
import { describe, expect, it } from 'vitest';

import { at, container, NOW, sandbox, SCHEDULED, timeAt, type Scenario } from './fixtures.ts';

const WORKSPACE = { workspace: { size: '1Gi', retention: 'Delete' as const } };
const kinds = (scenario: Scenario, now = NOW) => scenario.reconcile(now).apply.map(({ kind }) => kind);
const phase = (scenario: Scenario, now = NOW) => scenario.reconcile(now).status?.phase;
const ready = (scenario: Scenario, now = NOW) => scenario.condition('Ready', now);
const events = (scenario: Scenario, now = NOW) => scenario.reconcile(now).events.map(({ type, reason }) => `${type} ${reason}`);

const FOREIGN = { metadata: { ownerReferences: null, labels: null } } as never;
const OTHER_OWNER = {
  metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'other', controller: true }] },
};
const TERMINATING = { metadata: { deletionTimestamp: timeAt(20), deletionGracePeriodSeconds: 30 } };

describe('reconcile() of a new sandbox', () => {
  it('makes the pod, and nothing else, of an empty spec', () => {
    const { apply, status, events, requeueAfterSeconds } = sandbox().reconcile();
    expect(apply.map(({ kind, metadata }) => [kind, metadata.name, metadata.uid])).toEqual([['Pod', 'demo', undefined]]);
    expect(status).toEqual({
      observedGeneration: 1,
      phase: 'Pending',
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'CreatingPod',
          message: 'The pod is being made.',
          lastTransitionTime: timeAt(0),
          observedGeneration: 1,
        },
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'NoPod',
          message: 'There is no pod.',
          lastTransitionTime: timeAt(0),
          observedGeneration: 1,
        },
        {
          type: 'NetworkReady',
          status: 'True',
          reason: 'PolicyInPlace',
          message: expect.stringContaining('sandfleet-internet-'),
          lastTransitionTime: timeAt(0),
          observedGeneration: 1,
        },
        {
          type: 'WorkspaceReady',
          status: 'True',
          reason: 'Ephemeral',
          message: expect.any(String),
          lastTransitionTime: timeAt(0),
          observedGeneration: 1,
        },
      ],
      url: 'http://gateway.example:30080/s/demo/',
      restarts: 0,
      recreations: 0,
      failures: 0,
    });
    expect(events.map(({ reason }) => reason)).toEqual(['PodCreated']);
    expect(requeueAfterSeconds).toBeUndefined();
  });

  it('makes the workspace and the Service before the pod', () => {
    expect(kinds(sandbox({ ...WORKSPACE, service: true }))).toEqual(['PersistentVolumeClaim', 'Service', 'Pod']);
  });

  const gates: readonly (readonly [string, Scenario, string, RegExp])[] = [
    ['without public keys', sandbox().with({ podKey: undefined }), 'WaitingForPublicKeys', /^Waiting for public keys/],
    ['without its network policy', sandbox().withoutPolicy(), 'WaitingForNetworkPolicy', /NetworkReady/],
    [
      'while the policy says something else',
      sandbox().withPolicy({ spec: { egress: [{}] } } as never),
      'WaitingForNetworkPolicy',
      /NetworkReady/,
    ],
    [
      'while the policy selects pods by more than their label',
      sandbox().withPolicy({ spec: { podSelector: { matchExpressions: [{ key: 'nobody', operator: 'Exists' }] } } } as never),
      'WaitingForNetworkPolicy',
      /NetworkReady/,
    ],
    ['while the policy is being deleted', sandbox().withPolicy(TERMINATING), 'WaitingForNetworkPolicy', /NetworkReady/],
    ['under a foreign policy of the same name', sandbox().withPolicy(FOREIGN), 'WaitingForNetworkPolicy', /NetworkReady/],
    [
      'while its volume claim is being deleted',
      sandbox(WORKSPACE).withClaim(TERMINATING),
      'WaitingForWorkspace',
      /WorkspaceReady/,
    ],
    ['on a lost volume', sandbox(WORKSPACE).withClaim({ status: { phase: 'Lost' } }), 'WaitingForWorkspace', /WorkspaceReady/],
    ['on a foreign volume claim', sandbox(WORKSPACE).withClaim(OTHER_OWNER), 'WaitingForWorkspace', /WorkspaceReady/],
  ];
  it.for(gates)('makes no pod %s', ([, scenario, reason, message]) => {
    expect(kinds(scenario)).toEqual([]);
    expect(ready(scenario)).toEqual({ status: 'False', reason, message: expect.stringMatching(message) });
    expect(phase(scenario)).toBe('Pending');
  });

  it('has no URL while an older sandbox of its name has it, and says so when ready', () => {
    const { status } = sandbox().with({ ownsUrl: false }).withReadyPod().reconcile();
    expect(status).not.toHaveProperty('url');
    expect(status?.conditions?.[0]).toMatchObject({ status: 'True', message: expect.stringContaining('older sandbox') });
  });
});

describe('reconcile() of a sandbox with its pod', () => {
  it('reports a ready pod and writes nothing', () => {
    const desired = sandbox().withReadyPod().reconcile();
    expect(desired.apply).toEqual([]);
    expect(desired.delete).toEqual([]);
    expect(desired.status).toMatchObject({
      phase: 'Ready',
      podName: 'demo',
      podUID: 'pod-uid-1',
      podIPs: ['10.244.0.7'],
      nodeName: 'node-1',
      startedAt: timeAt(-30),
      restarts: 0,
      recreations: 0,
    });
    expect(ready(sandbox().withReadyPod())).toEqual({ status: 'True', reason: 'PodReady', message: 'The sandbox is ready.' });
    expect(events(sandbox().withReadyPod())).toEqual(['Normal Ready']);
  });

  it('comes to rest: a second pass over its own status changes nothing and tells nothing', () => {
    const scenarios = [
      sandbox(),
      sandbox().withoutPolicy(),
      sandbox().withReadyPod(),
      sandbox(WORKSPACE)
        .withClaim({ status: { phase: 'Bound' } })
        .withReadyPod(),
      sandbox().withPod({ status: { phase: 'Failed', reason: 'Evicted' } }),
      sandbox().withPod(TERMINATING),
      sandbox().withRefusal('Pod'),
      sandbox().withStatus({ podUID: 'pod-uid-0', nodeName: 'node-1' }),
    ];
    for (const scenario of scenarios) {
      const first = scenario.next();
      const second = first.reconcile(at(5));
      expect(second.status).toEqual(first.observed.sandbox.status);
      expect(second.events.filter(({ reason }) => reason !== 'PodCreated')).toEqual([]);
    }
  });

  it('moves the time of a condition only when its status changes', () => {
    const time = (scenario: Scenario, now: Date) => scenario.reconcile(now).status?.conditions?.[0]?.lastTransitionTime;
    const pending = sandbox().next(at(0));
    expect(time(pending.with({ podKey: undefined }), at(60))).toBe(timeAt(0));
    expect(time(pending.withReadyPod(), at(60))).toBe(timeAt(60));
  });

  const image = 'registry.example/team/sandbox:2';
  const waiting = (reason: string, message = '') => [container({ image, state: { waiting: { reason, message } } })];
  const states: readonly (readonly [string, object, string, string, RegExp])[] = [
    ['a pod without a node', {}, 'Pending', 'PodPending', /waits for a node/],
    [
      'an unschedulable pod',
      {
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/1 nodes are available: 1 Insufficient cpu.',
          },
        ],
      },
      'Pending',
      'Unschedulable',
      /Insufficient cpu/,
    ],
    [
      'a gated pod',
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      'Pending',
      'SchedulingGated',
      /scheduling gate/,
    ],
    [
      'a starting container',
      { conditions: [SCHEDULED], containerStatuses: waiting('ContainerCreating') },
      'Starting',
      'Starting',
      /starting/,
    ],
    [
      'an image that is not there',
      { conditions: [SCHEDULED], containerStatuses: waiting('ErrImagePull', 'manifest unknown') },
      'Failed',
      'ImagePullFailed',
      new RegExp(`"${image}".*no such image`),
    ],
    [
      'an image in back-off',
      {
        conditions: [SCHEDULED],
        containerStatuses: waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: 401 Unauthorized`),
      },
      'Failed',
      'ImagePullFailed',
      new RegExp(`"${image}".*refuses access`),
    ],
    [
      'an image name that is none',
      { conditions: [SCHEDULED], containerStatuses: waiting('InvalidImageName') },
      'Failed',
      'ImagePullFailed',
      /no valid name/,
    ],
    [
      'a crash loop',
      {
        conditions: [SCHEDULED],
        containerStatuses: [
          container({
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: timeAt(-5) } },
          }),
        ],
      },
      'Failed',
      'CrashLoopBackOff',
      /OOMKilled, exit code 137/,
    ],
    [
      'a container that cannot be made',
      {
        conditions: [SCHEDULED],
        containerStatuses: waiting('CreateContainerError', 'container 0123456789abcdef0123: exec: "/x": no such file'),
      },
      'Failed',
      'ContainerStartFailed',
      /CreateContainerError.*…: exec/,
    ],
    [
      'a container between two runs',
      {
        conditions: [SCHEDULED],
        containerStatuses: [
          container({
            restartCount: 1,
            state: { running: { startedAt: timeAt(-1) } },
            lastState: { terminated: { reason: 'Error', exitCode: 1, finishedAt: timeAt(-5) } },
          }),
        ],
      },
      'Starting',
      'ContainerRestarting',
      /Error, exit code 1/,
    ],
    [
      'a runtime before its first readiness probe',
      {
        conditions: [SCHEDULED, { type: 'Ready', status: 'False' }],
        containerStatuses: [container({ started: true, state: { running: { startedAt: timeAt(-1) } } })],
      },
      'Starting',
      'Starting',
      /starting/,
    ],
  ];
  it.for(states)('explains %s', ([, status, phase, reason, message]) => {
    const scenario = sandbox({ image }).withPod({ status });
    expect(ready(scenario)).toEqual({ status: 'False', reason, message: expect.stringMatching(message) });
    expect(scenario.reconcile().status?.phase).toBe(phase);
  });

  it('tells a runtime that went silent from one that is starting', () => {
    const running = { containerStatuses: [container({ started: true, state: { running: { startedAt: timeAt(-100) } } })] };
    const silent = {
      spec: { nodeName: 'node-1' },
      status: { ...running, conditions: [SCHEDULED, { type: 'Ready', status: 'False' }] },
    };
    const first = sandbox().withReadyPod().next().withPod(silent);
    expect(ready(first)).toMatchObject({
      status: 'False',
      reason: 'NotResponding',
      message: expect.stringMatching(/does not answer/),
    });
    expect(events(first)).toEqual(['Warning NotResponding']);
    expect(ready(first.next())).toMatchObject({ reason: 'NotResponding' });
  });

  it('does not flap between the two faces of a failing pull', () => {
    const failing = (reason: string, message: string) => ({
      status: { conditions: [SCHEDULED], containerStatuses: waiting(reason, message) },
    });
    const first = sandbox({ image }).withPod(failing('ErrImagePull', 'rpc error: manifest unknown')).next();
    const second = first.withPod(failing('ImagePullBackOff', `Back-off pulling image "${image}"`));
    expect(second.reconcile(at(10)).status).toEqual(first.observed.sandbox.status);
  });

  it('calls it a crash loop also while the container is up for a moment', () => {
    const ended = { lastState: { terminated: { reason: 'Error', exitCode: 1, finishedAt: timeAt(-5) } }, restartCount: 3 };
    const inState = (state: object) => ({
      status: { conditions: [SCHEDULED], containerStatuses: [container({ ...ended, state })] },
    });
    const waits = sandbox()
      .withPod(inState({ waiting: { reason: 'CrashLoopBackOff' } }))
      .next();
    const runs = waits.withPod(inState({ running: { startedAt: timeAt(1) } }));
    expect(runs.reconcile(at(2)).status?.conditions).toEqual(waits.observed.sandbox.status?.conditions);
  });

  it('keeps how a container ended, with its restarts, and tells it once', () => {
    const scenario = sandbox().withReadyPod({
      status: {
        containerStatuses: [
          container({
            ready: true,
            started: true,
            restartCount: 2,
            state: { running: { startedAt: timeAt(-3) } },
            lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: timeAt(-5) } },
          }),
        ],
      },
    });
    const { status } = scenario.reconcile();
    expect(status).toMatchObject({ phase: 'Ready', restarts: 2 });
    expect(status?.lastTermination).toEqual({
      reason: 'OOMKilled',
      exitCode: 137,
      container: 'sandbox',
      podUID: 'pod-uid-1',
      node: 'node-1',
      time: timeAt(-5),
    });
    expect(events(scenario)).toContain('Warning OOMKilled');
    expect(events(scenario.next(), at(1))).toEqual([]);
  });
});

describe('reconcile() of a pod that goes away', () => {
  it('makes a pod again at once when somebody deleted it, and remembers where it was', () => {
    const running = sandbox().withReadyPod().next();
    const gone = running.with({ pod: undefined });
    expect(kinds(gone, at(60))).toEqual(['Pod']);
    expect(gone.reconcile(at(60)).status?.lastTermination).toEqual({
      reason: 'Deleted',
      podUID: 'pod-uid-1',
      node: 'node-1',
      time: timeAt(60),
    });
    expect(events(gone, at(60))).toEqual(['Normal PodCreated', 'Warning PodGone']);
    const back = gone.next(at(60)).withReadyPod({ metadata: { uid: 'pod-uid-2' } });
    expect(back.reconcile(at(65)).status).toMatchObject({
      phase: 'Ready',
      podUID: 'pod-uid-2',
      recreations: 1,
      failures: 0,
      lastTermination: { reason: 'Deleted' },
    });
  });

  it('waits while the pod is being deleted, and says why it was', () => {
    const drained = sandbox().withReadyPod({
      ...TERMINATING,
      status: {
        conditions: [
          SCHEDULED,
          { type: 'Ready', status: 'True' },
          { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
        ],
      },
    });
    expect(kinds(drained)).toEqual([]);
    expect(drained.reconcile().delete).toEqual([]);
    expect(ready(drained)).toMatchObject({ status: 'False', reason: 'PodTerminating' });
    expect(drained.reconcile().status?.lastTermination).toMatchObject({
      reason: 'EvictionByEvictionAPI',
      node: 'node-1',
      time: timeAt(-10),
    });
  });

  it('does not let the exit of a container hide that its pod was deleted', () => {
    const deleted = sandbox().withReadyPod(TERMINATING).next();
    const stopped = deleted.withReadyPod({
      ...TERMINATING,
      status: {
        containerStatuses: [container({ state: { terminated: { reason: 'Error', exitCode: 143, finishedAt: timeAt(3) } } })],
      },
    });
    expect(stopped.reconcile(at(4)).status?.lastTermination?.reason).toBe('Deleted');
  });

  const evicted = {
    spec: { nodeName: 'node-1' },
    status: {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      startTime: timeAt(-30),
      containerStatuses: [container({ state: { terminated: { reason: 'Error', exitCode: 137, finishedAt: timeAt(-1) } } })],
    },
  };

  it('records why a pod failed, removes it, and makes another after the back-off', () => {
    const failed = sandbox().withPod(evicted);
    const { status, ...rest } = failed.reconcile();
    expect(rest.delete).toEqual([{ apiVersion: 'v1', kind: 'Pod', namespace: 'team', name: 'demo', uid: 'pod-uid-1' }]);
    expect(rest.apply).toEqual([]);
    expect(rest.events.map(({ reason }) => reason)).toEqual(['PodFailed']);
    expect(status).toMatchObject({
      phase: 'Pending',
      failures: 1,
      nextAttemptTime: timeAt(10),
      lastTermination: {
        reason: 'Evicted',
        message: 'The node was low on resource: memory.',
        exitCode: 137,
        podUID: 'pod-uid-1',
        node: 'node-1',
        time: timeAt(-1),
      },
    });
    const gone = failed.next().with({ pod: undefined });
    expect(kinds(gone, at(4))).toEqual([]);
    expect(gone.reconcile(at(4)).requeueAfterSeconds).toBe(6);
    expect(ready(gone, at(4))).toMatchObject({
      status: 'False',
      reason: 'PodFailed',
      message: expect.stringContaining('Evicted'),
    });
    expect(kinds(gone, at(10))).toEqual(['Pod']);
    expect(gone.reconcile(at(10)).status?.lastTermination?.reason).toBe('Evicted');
  });

  it('doubles the back-off up to five minutes, and a restart of the operator does not shorten it', () => {
    const waits: number[] = [];
    let scenario = sandbox();
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      const failed = scenario.withPod({ ...evicted, metadata: { uid: `pod-uid-${attempt}` } });
      const { nextAttemptTime } = failed.reconcile().status as SandboxStatus;
      waits.push((Date.parse(nextAttemptTime ?? '') - NOW.getTime()) / 1000);
      // All that the next process has is the status.
      scenario = failed.next().with({ pod: undefined });
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });

  it('waits for no time that only a wrong clock can have set', () => {
    const failed = sandbox().withPod(evicted).next().with({ pod: undefined });
    const waiting = (seconds: number) =>
      failed.withStatus({ ...failed.observed.sandbox.status, nextAttemptTime: timeAt(seconds) });
    expect(kinds(waiting(300))).toEqual([]);
    expect(kinds(waiting(3600))).toEqual(['Pod']);
  });

  it('counts a pod that worked for ten minutes as no failing one', () => {
    const failing = sandbox().withStatus({ failures: 4 });
    expect(
      failing.withPod({ ...evicted, status: { ...evicted.status, startTime: timeAt(-601) } }).reconcile().status?.failures,
    ).toBe(1);
    expect(failing.withPod(evicted).reconcile().status?.failures).toBe(5);
    const healthy = failing.withReadyPod();
    expect(healthy.reconcile().requeueAfterSeconds).toBe(570);
    expect(healthy.reconcile(at(570)).status?.failures).toBe(0);
  });

  it('keeps the workspace when the pod is replaced', () => {
    const claimed = sandbox(WORKSPACE).withClaim({ status: { phase: 'Bound' } });
    expect(
      claimed
        .withPod(evicted)
        .reconcile()
        .delete.map(({ kind }) => kind),
    ).toEqual(['Pod']);
    expect(kinds(claimed.withStatus({ podUID: 'pod-uid-1' }))).toEqual(['Pod']);
  });
});

describe('reconcile() beside objects of others', () => {
  const taken: readonly (readonly [string, Scenario, string, string, string])[] = [
    ['pod', sandbox().withPod(OTHER_OWNER), 'Ready', 'PodNameTaken', 'demo'],
    ['pod without labels', sandbox().withPod(FOREIGN), 'Ready', 'PodNameTaken', 'demo'],
    ['pod that the create ran into', sandbox().withRefusal('Pod', { kind: 'NameTaken' }), 'Ready', 'PodNameTaken', 'demo'],
    ['volume claim', sandbox(WORKSPACE).withClaim(OTHER_OWNER), 'WorkspaceReady', 'VolumeNameTaken', 'demo-workspace'],
    [
      'volume claim that the create ran into',
      sandbox(WORKSPACE).withRefusal('PersistentVolumeClaim', { kind: 'NameTaken' }),
      'WorkspaceReady',
      'VolumeNameTaken',
      'demo-workspace',
    ],
    ['Service', sandbox({ service: true }).withService(OTHER_OWNER).withReadyPod(), 'ServiceReady', 'ServiceNameTaken', 'demo'],
    ['network policy', sandbox().withPolicy(FOREIGN), 'NetworkReady', 'PolicyNameTaken', 'sandfleet-internet-'],
  ];
  it.for(taken)('neither adopts nor deletes a foreign %s, and says so', ([, scenario, type, reason, name]) => {
    const desired = scenario.reconcile();
    expect(desired.apply).toEqual([]);
    expect(desired.delete).toEqual([]);
    expect(scenario.condition(type)).toEqual({ status: 'False', reason, message: expect.stringContaining(name) });
    expect(desired.events).toContainEqual(expect.objectContaining({ type: 'Warning', reason }));
  });

  it('tries again when the time has come, and not before', () => {
    const refused = sandbox().withRefusal('Pod', { message: 'exceeded quota: q' });
    expect(kinds(refused)).toEqual([]);
    expect(refused.reconcile().requeueAfterSeconds).toBe(30);
    expect(ready(refused)).toEqual({
      status: 'False',
      reason: 'PodRefused',
      message: 'The API server refuses the pod: exceeded quota: q',
    });
    expect(kinds(refused, at(30))).toEqual(['Pod']);
  });

  it('makes no third pod beside a second one that names it as controller', () => {
    const [stray] = [sandbox().withPod({ metadata: { name: 'demo-2', uid: 'pod-uid-2' } }).observed.pod];
    const scenario = sandbox().with({ strayPods: stray === undefined ? [] : [stray] });
    for (const each of [scenario, scenario.withReadyPod()]) {
      expect(each.reconcile().apply).toEqual([]);
      expect(each.reconcile().delete).toEqual([]);
      expect(ready(each)).toMatchObject({ status: 'False', reason: 'MultiplePods', message: expect.stringContaining('demo-2') });
      expect(events(each)).toContain('Warning MultiplePods');
    }
  });

  it('reports policies of others that widen its own', () => {
    const scenario = sandbox()
      .withReadyPod()
      .with({ widenedBy: ['allow-all', 'debug'] });
    expect(scenario.condition('NetworkReady')).toEqual({
      status: 'True',
      reason: 'WidenedByOtherPolicies',
      message: expect.stringContaining('allow-all, debug'),
    });
    expect(events(scenario)).toContain('Warning WidenedByOtherPolicies');
  });
});

describe('reconcile() of what an earlier sandbox left', () => {
  const former = { apiVersion: 'sandfleet.dev/v1alpha1', kind: 'Sandbox', name: 'demo', uid: 'former-uid', controller: true };
  const leftOver = { metadata: { ownerReferences: [former] } };

  it('waits for the garbage collector to remove it, and calls nothing of it foreign', () => {
    for (const metadata of [leftOver.metadata, { ...leftOver.metadata, ...TERMINATING.metadata }]) {
      const scenario = sandbox().withReadyPod({ metadata });
      expect(scenario.reconcile()).toMatchObject({ apply: [], delete: [], events: [], status: { phase: 'Pending' } });
      expect(ready(scenario)).toMatchObject({ status: 'False', reason: 'PodTerminating' });
      expect(scenario.reconcile().status).not.toHaveProperty('podName');
    }
    const claimed = sandbox(WORKSPACE).withClaim(leftOver);
    expect(kinds(claimed)).toEqual([]);
    expect(claimed.condition('WorkspaceReady')).toMatchObject({ status: 'False', reason: 'VolumeTerminating' });
    const served = sandbox({ service: true }).withService(leftOver).withReadyPod();
    expect(served.reconcile()).toMatchObject({ apply: [], delete: [] });
    expect(served.condition('ServiceReady')).toMatchObject({ status: 'False', reason: 'ServicePending' });
  });

  const orphaned = { metadata: { ownerReferences: null, labels: { 'sandfleet.dev/sandbox-uid': 'former-uid' } } } as never;

  it('takes up an orphaned pod that is what it asks for', () => {
    const scenario = sandbox().withReadyPod(orphaned);
    const [adopted] = scenario.reconcile().apply;
    expect(adopted?.metadata).toMatchObject({
      name: 'demo',
      uid: 'pod-uid-1',
      labels: { 'sandfleet.dev/sandbox-uid': 'sandbox-uid' },
      ownerReferences: [{ uid: 'sandbox-uid', controller: true }],
    });
    expect(adopted).not.toHaveProperty('spec');
  });

  it('leaves an orphaned pod alone that is something else', () => {
    const { pod } = sandbox().withReadyPod(orphaned).observed;
    const other = sandbox({ image: 'registry.example/other:1' }).with({ pod });
    expect(other.reconcile().apply).toEqual([]);
    expect(ready(other)).toMatchObject({ reason: 'PodNameTaken' });
  });

  it('puts an orphaned pod under its policy only when that is in place', () => {
    expect(sandbox().withReadyPod(orphaned).withoutPolicy().reconcile().apply).toEqual([]);
  });

  const retained = { workspace: { size: '2Gi', retention: 'Retain' as const } };
  it('takes up a retained volume, whatever its size, and owns it only when it should go with the sandbox', () => {
    const left = {
      metadata: { labels: { 'sandfleet.dev/sandbox-uid': 'former-uid' } },
      spec: { resources: { requests: { storage: '1Gi' } } },
      status: { phase: 'Bound' },
    };
    const scenario = sandbox(retained).withClaim(left);
    const [claim, pod] = scenario.reconcile().apply;
    expect(claim).toMatchObject({
      kind: 'PersistentVolumeClaim',
      metadata: { uid: 'claim-uid', labels: { 'sandfleet.dev/sandbox-uid': 'sandbox-uid' } },
    });
    expect(claim?.metadata).not.toHaveProperty('ownerReferences');
    expect(claim).not.toHaveProperty('spec');
    expect(pod?.kind).toBe('Pod');
    expect(scenario.condition('WorkspaceReady')).toMatchObject({ status: 'True', message: expect.stringContaining('1Gi') });
    const owned = sandbox(WORKSPACE).withClaim({ ...left, metadata: { ...left.metadata, ownerReferences: null } } as never);
    expect(owned.reconcile().apply[0]?.metadata.ownerReferences).toMatchObject([{ uid: 'sandbox-uid' }]);
  });

  it('rests on a retained volume that it has taken up', () => {
    const claimed = sandbox(retained)
      .withClaim({ status: { phase: 'Bound' } })
      .withReadyPod();
    expect(claimed.observed.claim?.metadata).not.toHaveProperty('ownerReferences');
    expect(claimed.reconcile().apply).toEqual([]);
  });
});

describe('reconcile() of a change', () => {
  it('puts the pod under another policy once that is there, and touches nothing else of it', () => {
    const { pod } = sandbox().withReadyPod().observed;
    const denied = sandbox({ network: { egress: { mode: 'Deny' } } }).with({ pod });
    expect(denied.withoutPolicy().reconcile().apply).toEqual([]);
    expect(denied.withPolicy({ spec: { egress: [{}] } } as never).reconcile().apply).toEqual([]);
    expect(denied.condition('NetworkReady')).toMatchObject({ status: 'False', reason: 'PolicyChanging' });
    const [relabelled] = denied.reconcile().apply;
    expect(relabelled?.metadata).toMatchObject({
      name: 'demo',
      uid: 'pod-uid-1',
      labels: { 'sandfleet.dev/network': expect.stringMatching(/^deny-/) },
    });
    expect(Object.keys(relabelled ?? {})).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(denied.reconcile().delete).toEqual([]);
    expect(phase(denied)).toBe('Ready');
  });

  it('mends labels that somebody took from the pod', () => {
    const stripped = sandbox().withReadyPod({ metadata: { labels: { 'sandfleet.dev/network': null } } } as never);
    expect(stripped.reconcile().apply[0]?.metadata.labels).toHaveProperty('sandfleet.dev/network');
  });

  it('removes the Service when it is no longer wanted, and only its own', () => {
    const { service } = sandbox({ service: true }).withService().observed;
    expect(sandbox().with({ service }).reconcile().delete).toEqual([
      { apiVersion: 'v1', kind: 'Service', namespace: 'team', name: 'demo', uid: 'service-uid' },
    ]);
    const foreign = sandbox({ service: true }).withService(OTHER_OWNER).observed.service;
    expect(sandbox().with({ service: foreign }).reconcile().delete).toEqual([]);
  });

  it.for([
    ['changed in', { 'sandfleet.dev/sandbox-uid': 'other' }],
    ['added to', { app: 'x' }],
  ] as const)('takes back what somebody %s the selector of its Service', ([, selector]) => {
    const scenario = sandbox({ service: true }).withReadyPod();
    expect(scenario.withService().reconcile().apply).toEqual([]);
    const [mended] = scenario.withService({ spec: { selector } }).reconcile().apply;
    expect(mended).toMatchObject({ kind: 'Service', metadata: { uid: 'service-uid' } });
  });
});

describe('reconcile() of a sandbox that is being deleted', () => {
  it('writes nothing but the status', () => {
    const { pod } = sandbox().withReadyPod().observed;
    const scenarios = [
      sandbox({ ...WORKSPACE, service: true }),
      sandbox().withReadyPod(),
      sandbox({ network: { egress: { mode: 'Deny' } } }).with({ pod }),
    ];
    for (const scenario of scenarios.map((each) => each.withMetadata({ deletionTimestamp: timeAt(-1) }))) {
      const desired = scenario.reconcile();
      expect(desired).toMatchObject({ apply: [], delete: [], events: [], status: { phase: 'Terminating' } });
      expect(ready(scenario)).toMatchObject({ status: 'False', reason: 'Deleting' });
    }
  });
});
