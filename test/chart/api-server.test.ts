import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sharedApiserver } from '../support/shared-apiserver.ts';
import { helm, CHART, manifests, RELEASE, RELEASE_NAMESPACE, render } from './support/helm.ts';
import { kubectl } from './support/kubectl.ts';
import { podsOf } from './support/manifest.ts';
import { valueSetNames, valueSets, type Values } from './support/value-sets.ts';

const cluster = sharedApiserver();
const run = (args: readonly string[], input?: string) => kubectl(cluster.info.kubeconfig, args, input);

/** What the API server says to objects that it checks in full and does not keep. */
const offer = (text: string) => run(['create', '--dry-run=server', '--validate=strict', '--filename=-'], text);

const offerAgain = (text: string) =>
  run(['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '--filename=-'], text);

// Kinds by the set-up of the run, accounts by that of this file: creating them again would fail for that alone.
const EXISTING = new Set(['CustomResourceDefinition', 'ServiceAccount']);

// The kind comes with the Prometheus operator, which this API server has not heard of; exposure.test.ts looks at it.
const FOREIGN = new Set(['ServiceMonitor']);

const restricted = (name: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  });

beforeAll(async () => {
  const namespaces = [RELEASE_NAMESPACE, 'team-a'].map(restricted).join('\n---\n');
  const { code, stderr } = await run(['apply', '--filename=-'], namespaces);
  if (code !== 0) throw new Error(stderr);
  const pods = await Promise.all(valueSetNames.map(async (name) => [...podsOf(await manifests(valueSets[name])).values()]));
  // The API server takes no pod of an account that does not exist.
  const accounts = new Set(pods.flat().map(({ spec }) => spec.serviceAccountName));
  await Promise.all([...accounts].map((name) => cluster.serviceAccountToken(RELEASE_NAMESPACE, name)));
});

afterAll(async () => {
  await run(['delete', 'namespace', RELEASE_NAMESPACE, 'team-a', '--wait=false']);
  await cluster.close();
});

describe.for(valueSetNames)('the API server and the chart with %s', (name) => {
  it('takes every object, with no unknown and no doubled field', async () => {
    const objects = (await render(valueSets[name])).filter(({ manifest }) => !FOREIGN.has(manifest.kind));
    const textOf = (wanted: boolean) =>
      objects.filter(({ manifest }) => EXISTING.has(manifest.kind) === wanted).map(({ text }) => text);
    const answer = await offer(textOf(false).join('\n---\n'));
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout.trim().split('\n')).toHaveLength(textOf(false).length);
    for (const text of textOf(true)) expect(await offerAgain(text)).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes every pod into a namespace with the restricted Pod Security Standard', async () => {
    const pods = [...podsOf(await manifests(valueSets[name]))].map(([, { metadata, spec }], index) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, name: `pod-${index}`, namespace: RELEASE_NAMESPACE },
        spec,
      }),
    );
    expect(pods).toHaveLength(4);
    expect(await offer(pods.join('\n---\n'))).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the API server', () => {
  it('refuses an unknown field and a pod below the standard, so that its consent means something', async () => {
    const rendered = (await render()).find(({ manifest }) => manifest.kind === 'Deployment');
    const text = rendered?.text ?? '';
    expect((await offer(text.replace('revisionHistoryLimit:', 'revisionHistoryLimits:'))).stderr).toContain(
      'unknown field "spec.revisionHistoryLimits"',
    );
    const pod = podsOf(await manifests()).get(`Pod ${RELEASE_NAMESPACE}/sandfleet-test`);
    const lax = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'lax', namespace: RELEASE_NAMESPACE },
      spec: { ...pod?.spec, securityContext: {} },
    };
    expect((await offer(JSON.stringify(lax))).stderr).toContain('violates PodSecurity "restricted:latest"');
  });
});

describe('the notes after an installation', () => {
  const notes = async (values: Values) => {
    const args = ['install', RELEASE, CHART, `--namespace=${RELEASE_NAMESPACE}`, '--dry-run=server'];
    const { code, stdout, stderr } = await helm([...args, `--kubeconfig=${cluster.info.kubeconfig}`], {
      ...values,
      crds: { install: false },
      serviceAccount: { create: false },
      operator: { serviceAccountName: 'sandfleet-operator' },
      api: { ...(values['api'] as Values | undefined), serviceAccountName: 'sandfleet-api' },
      gateway: { ...(values['gateway'] as Values | undefined), serviceAccountName: 'sandfleet-gateway' },
    });
    if (code !== 0) throw new Error(stderr);
    return stdout.split('NOTES:\n')[1] ?? '';
  };

  it.for<[Values, readonly string[]]>([
    [
      {},
      [
        'looks after the Sandboxes of all namespaces',
        'kubectl exec -n sandfleet-system deploy/sandfleet-api -- \\\n     sandfleet-keys create --name me --namespace default)',
        'kubectl port-forward -n sandfleet-system svc/sandfleet-api 8080:8080',
        'http://sandfleet-gateway.sandfleet-system.svc:8080/s/{id}/, which work inside the\ncluster alone',
        'helm test sandfleet -n sandfleet-system --timeout 600s --logs',
        'crds.install is false',
      ],
    ],
    [{ watchNamespace: 'team-a' }, ['looks after the Sandboxes of namespace team-a', '--namespace team-a)']],
    [{ api: { service: { type: 'NodePort' } } }, ["-o jsonpath='{.spec.ports[0].nodePort}'"]],
    [{ api: { service: { type: 'LoadBalancer' } } }, ['{.status.loadBalancer.ingress[0].ip}']],
    [
      { api: { ingress: { enabled: true, hosts: ['api.example.com'], tls: [{ secretName: 'x' }] } } },
      ['export SANDFLEET_URL=https://api.example.com'],
    ],
    [{ networkPolicy: { enabled: false } }, ['WARNING: networkPolicy.enabled is false']],
  ])('with %o say what fits', async ([values, expected]) => {
    const text = await notes(values);
    expect(expected.filter((part) => !text.includes(part))).toEqual([]);
  });

  it('say nothing of a public address that is set', async () => {
    expect(await notes({ gateway: { url: 'https://sandboxes.example.com' } })).not.toContain('cluster alone');
  });
});
