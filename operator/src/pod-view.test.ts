import type { Pod } from '@sandfleet/kube';
import { describe, expect, it } from 'vitest';

import { podView } from './pod-view.ts';
import { sandbox } from './controllers/sandbox/fixtures.ts';

describe('podView()', () => {
  it('decides as the whole pod does, and holds a fraction of it', () => {
    const scenario = sandbox({ env: [{ name: 'A', value: 'x'.repeat(1000) }] }).withReadyPod({
      metadata: { managedFields: [{ manager: 'kubelet' }] },
    });
    // The scenario has just been given a pod.
    const pod = scenario.observed.pod as Pod;
    const viewed = scenario.with({ pod: podView(pod) });
    expect(viewed.reconcile()).toEqual(scenario.reconcile());
    expect(JSON.stringify(podView(pod))).not.toMatch(/xxx|volumes|kubelet|env/);
    expect(podView(pod).spec).toEqual({ nodeName: 'node-1', containers: [{ name: 'sandbox', image: 'sandfleet/runtime:1' }] });
  });
});
