import { beforeAll, describe, expect, it } from 'vitest';

import { manifests } from './support/helm.ts';
import { named, ofKind, serviceSpec, type Manifest } from './support/manifest.ts';
import { valueSets } from './support/value-sets.ts';

interface PolicySpec {
  readonly policyTypes: readonly string[];
  readonly ingress: readonly { readonly ports: readonly { readonly port: number }[]; readonly from?: readonly unknown[] }[];
}

describe('Services', () => {
  it('are inside the cluster alone by default, with no port but 8080', async () => {
    const services = ofKind(await manifests(), 'Service');
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['sandfleet-api', 'sandfleet-gateway']);
    for (const service of services) {
      expect(serviceSpec(service).type).toBe('ClusterIP');
      expect(serviceSpec(service).ports).toEqual([
        { name: 'http', port: 8080, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' },
      ]);
    }
  });

  it('have the node ports that were asked for', async () => {
    const objects = await manifests(valueSets['node ports']);
    const port = (name: string) => serviceSpec(named(objects, 'Service', name)).ports[0]?.nodePort;
    expect([port('sandfleet-api'), port('sandfleet-gateway')]).toEqual([30081, 30080]);
  });

  it('of metrics are found by the ServiceMonitors', async () => {
    const objects = await manifests(valueSets.everything);
    const services = ofKind(objects, 'Service').filter(({ metadata }) => metadata.name.endsWith('-metrics'));
    const monitors = ofKind(objects, 'ServiceMonitor');
    expect([services.length, monitors.length]).toEqual([3, 3]);
    for (const monitor of monitors) {
      const { selector, endpoints } = monitor.spec as {
        selector: { matchLabels: Record<string, string> };
        endpoints: readonly { port: string }[];
      };
      const found = ofKind(objects, 'Service').filter(({ metadata }) =>
        Object.entries(selector.matchLabels).every(([key, value]) => metadata.labels?.[key] === value),
      );
      expect(found.map(({ metadata }) => metadata.name)).toEqual([`${monitor.metadata.name}-metrics`]);
      expect(serviceSpec(found[0] as Manifest).ports.map(({ name }) => name)).toEqual(endpoints.map(({ port }) => port));
      expect(monitor.metadata.labels).toMatchObject({ release: 'prometheus' });
    }
  });
});

describe('Ingresses', () => {
  it('are absent by default', async () => {
    expect(ofKind(await manifests(), 'Ingress')).toEqual([]);
  });

  it('lead the names of the API to it and the wildcard of the domain to the gateway', async () => {
    const routes = ofKind(await manifests(valueSets.ingress), 'Ingress').map(({ spec }) => {
      const { rules } = spec as {
        rules: readonly { host: string; http: { paths: readonly { backend: { service: { name: string } } }[] } }[];
      };
      return rules.map(({ host, http }) => [host, http.paths[0]?.backend.service.name]);
    });
    expect(routes.flat()).toEqual([
      ['api.example.com', 'sandfleet-api'],
      ['*.sandboxes.example.com', 'sandfleet-gateway'],
    ]);
  });
});

describe('NetworkPolicies', () => {
  const ruleOf = (objects: readonly Manifest[], name: string) => named(objects, 'NetworkPolicy', name).spec as PolicySpec;
  const test = {
    podSelector: {
      matchLabels: {
        'app.kubernetes.io/name': 'sandfleet',
        'app.kubernetes.io/instance': 'sandfleet',
        'app.kubernetes.io/component': 'test',
      },
    },
  };
  let defaults: readonly Manifest[];
  beforeAll(async () => {
    defaults = await manifests();
  });

  it('let nobody but its node connect to the operator', () => {
    expect(ruleOf(defaults, 'sandfleet-operator')).toMatchObject({ policyTypes: ['Ingress'], ingress: [] });
  });

  it.for(['api', 'gateway'])('let everybody connect to port 8080 of the %s and nobody to its metrics', (component) => {
    expect(ruleOf(defaults, `sandfleet-${component}`)).toMatchObject({
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 8080, protocol: 'TCP' }] }],
    });
    expect(ruleOf(defaults, `sandfleet-${component}`).ingress[0]).not.toHaveProperty('from');
  });

  it('let in the listed peers, and helm test where it has work', async () => {
    const objects = await manifests(valueSets.everything);
    const { apiFrom, gatewayFrom, metricsFrom } = valueSets.everything.networkPolicy as Record<string, unknown[]>;
    const metrics = { ports: [{ port: 8081, protocol: 'TCP' }], from: metricsFrom };
    expect(ruleOf(objects, 'fleet-operator').ingress).toEqual([metrics]);
    expect(ruleOf(objects, 'fleet-api').ingress).toEqual([
      { ports: [{ port: 8080, protocol: 'TCP' }], from: [...(apiFrom ?? []), test] },
      metrics,
    ]);
    expect(ruleOf(objects, 'fleet-gateway').ingress).toEqual([
      { ports: [{ port: 8080, protocol: 'TCP' }], from: [...(gatewayFrom ?? []), test] },
      metrics,
    ]);
  });

  it('select the pods of their component alone', () => {
    for (const policy of ofKind(defaults, 'NetworkPolicy'))
      expect(policy.spec).toMatchObject({
        podSelector: { matchLabels: { 'app.kubernetes.io/component': policy.metadata.name.replace('sandfleet-', '') } },
      });
  });
});
