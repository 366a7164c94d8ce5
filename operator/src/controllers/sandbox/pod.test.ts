import { describe, expect, it } from 'vitest';

import { podEnv } from './pod-env.ts';
import { podResources } from './pod-resources.ts';
import { buildPod, specHash } from './pod.ts';
import { POD_KEY, sandbox, SETTINGS } from './fixtures.ts';

const pod = (spec: Parameters<typeof sandbox>[0] = {}) =>
  buildPod(sandbox(spec).observed.sandbox, { settings: SETTINGS, podKey: POD_KEY, network: 'internet-0' });

describe('buildPod()', () => {
  it('makes the whole pod of an empty spec, with nothing in it that is not meant', () => {
    expect(pod()).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'demo',
        namespace: 'team',
        labels: {
          'app.kubernetes.io/name': 'sandfleet-sandbox',
          'app.kubernetes.io/managed-by': 'sandfleet',
          'sandfleet.dev/sandbox': 'demo',
          'sandfleet.dev/sandbox-uid': 'sandbox-uid',
          'sandfleet.dev/network': 'internet-0',
        },
        annotations: { 'sandfleet.dev/spec-hash': specHash(sandbox().observed.sandbox), 'sandfleet.dev/pod-key': 'key-1' },
        ownerReferences: [
          {
            apiVersion: 'sandfleet.dev/v1alpha1',
            kind: 'Sandbox',
            name: 'demo',
            uid: 'sandbox-uid',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        hostname: 'demo',
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          runAsGroup: 1000,
          fsGroup: 1000,
          fsGroupChangePolicy: 'OnRootMismatch',
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'sandbox',
            image: 'sandfleet/runtime:1',
            imagePullPolicy: 'IfNotPresent',
            env: expect.any(Array),
            ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
            resources: {
              requests: { cpu: '100m', memory: '256Mi', 'ephemeral-storage': '256Mi' },
              limits: { cpu: '2', memory: '2Gi', 'ephemeral-storage': '8Gi' },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              privileged: false,
              runAsNonRoot: true,
              capabilities: { drop: ['ALL'] },
              seccompProfile: { type: 'RuntimeDefault' },
            },
            startupProbe: {
              httpGet: { path: '/v1/ping', port: 'http' },
              periodSeconds: 1,
              timeoutSeconds: 2,
              failureThreshold: 120,
            },
            readinessProbe: {
              httpGet: { path: '/v1/ping', port: 'http' },
              periodSeconds: 5,
              timeoutSeconds: 3,
              failureThreshold: 3,
            },
            livenessProbe: {
              httpGet: { path: '/v1/ping', port: 'http' },
              periodSeconds: 15,
              timeoutSeconds: 10,
              failureThreshold: 6,
            },
            volumeMounts: [
              { name: 'home', mountPath: '/home/gem' },
              { name: 'shared-memory', mountPath: '/dev/shm' },
            ],
          },
        ],
        volumes: [
          { name: 'home', emptyDir: { sizeLimit: '8Gi' } },
          { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: '256Mi' } },
        ],
      },
    });
  });

  it('takes the image, the classes and the workspace of the spec', () => {
    const { spec } = pod({
      image: 'registry.example/team/sandbox:2',
      runtimeClassName: 'gvisor',
      priorityClassName: 'batch',
      workspace: { size: '1Gi', retention: 'Delete' },
    });
    expect(spec).toMatchObject({ runtimeClassName: 'gvisor', priorityClassName: 'batch' });
    expect(spec?.containers[0]?.image).toBe('registry.example/team/sandbox:2');
    expect(spec?.containers[0]).not.toHaveProperty('imagePullPolicy');
    expect(spec?.volumes?.[0]).toEqual({ name: 'home', persistentVolumeClaim: { claimName: 'demo-workspace' } });
  });

  it('copies no field that the spec should not have', () => {
    const hostile = {
      hostNetwork: true,
      serviceAccountName: 'admin',
      nodeName: 'n',
      volumes: [{ hostPath: { path: '/' } }],
      securityContext: { privileged: true },
    };
    expect(JSON.stringify(pod({ ...hostile } as never))).toBe(JSON.stringify(pod()));
  });
});

describe('podResources()', () => {
  const table = [
    ['defaults for nothing', undefined, '256Mi', '2Gi'],
    ['a request alone', { requests: { memory: '1Gi' } }, '1Gi', '2Gi'],
    ['a request above the default limit', { requests: { memory: '4Gi' } }, '4Gi', '4Gi'],
    ['a limit alone', { limits: { memory: '1Gi' } }, '256Mi', '1Gi'],
    ['a limit below the default request', { limits: { memory: '128Mi' } }, '128Mi', '128Mi'],
    ['both', { requests: { memory: '300Mi' }, limits: { memory: '400Mi' } }, '300Mi', '400Mi'],
  ] as const;
  it.for(table)('gives %s', ([, chosen, request, limit]) => {
    const { requests, limits } = podResources(chosen as never);
    expect([requests.memory, limits.memory]).toEqual([request, limit]);
    expect([requests.cpu, limits.cpu]).toEqual(['100m', '2']);
  });

  it('writes numbers as text', () => {
    expect(podResources({ limits: { cpu: 1 } }).limits.cpu).toBe('1');
  });
});

describe('podEnv()', () => {
  const env = (entries: readonly { name: string; value: string }[]) =>
    podEnv(sandbox({ env: [...entries] }).observed.sandbox, POD_KEY);
  const valueOf = (name: string, value: string) => env([{ name, value }]).find((entry) => entry.name === name)?.value;

  it('tells the runtime who it is, and its UID by the downward API', () => {
    expect(env([])).toEqual([
      { name: 'JWT_PUBLIC_KEY', value: Buffer.from(POD_KEY.pem).toString('base64') },
      { name: 'SANDFLEET_TOKEN_AUDIENCE', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
      { name: 'SANDFLEET_SANDBOX', value: 'demo' },
      { name: 'SANDFLEET_SANDBOX_UID', value: 'sandbox-uid' },
      { name: 'SANDFLEET_NAMESPACE', value: 'team' },
      { name: 'PUBLIC_PORT', value: '8080' },
      { name: 'WORKSPACE', value: '/home/gem' },
      { name: 'HOME', value: '/home/gem' },
    ]);
  });

  const dollars = [
    ['$(JWT_PUBLIC_KEY)', '$$(JWT_PUBLIC_KEY)'],
    ['$$(HOME)', '$$$$(HOME)'],
    ['a$b$', 'a$$b$$'],
    ['plain', 'plain'],
  ] as const;
  it.for(dollars)('passes %s on so that the kubelet expands nothing', ([value, escaped]) => {
    expect(valueOf('TEXT', value)).toBe(escaped);
  });

  it('never lets a variable of the user stand in for one of its own', () => {
    const names = env([
      { name: 'JWT_PUBLIC_KEY', value: 'mine' },
      { name: 'LD_PRELOAD', value: '/tmp/x.so' },
      { name: 'OK', value: '1' },
    ]).map(({ name }) => name);
    expect(names.filter((name) => name === 'JWT_PUBLIC_KEY')).toHaveLength(1);
    expect(names).not.toContain('LD_PRELOAD');
    expect(names).toContain('OK');
  });
});
