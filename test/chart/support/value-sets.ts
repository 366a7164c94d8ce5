export type Values = Readonly<Record<string, unknown>>;

/** What every component takes. */
export const scheduling = {
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'sandboxes', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] } },
      ],
    },
  },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }],
  priorityClassName: 'system-cluster-critical',
  podAnnotations: { 'example.com/team': 'platform' },
  podDisruptionBudget: { enabled: true, maxUnavailable: '50%' },
  extraEnv: [
    { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' },
    { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
  ],
};

const loadBalancer = {
  type: 'LoadBalancer',
  port: 80,
  nodePort: 30080,
  annotations: { 'example.com/balancer': 'internal' },
  externalTrafficPolicy: 'Local',
  loadBalancerSourceRanges: ['203.0.113.0/24'],
};

const peer = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };

const everything: Values = {
  fullnameOverride: 'fleet',
  image: { registry: 'registry.example.com:5000', digest: `sha256:${'a'.repeat(64)}`, pullPolicy: 'Always' },
  runtime: { image: { registry: 'registry.example.com', repository: 'team/runtime', tag: 'v2', pullPolicy: 'Never' } },
  imagePullSecrets: [{ name: 'registry' }],
  logLevel: 'debug',
  serviceAccount: { annotations: { 'example.com/role': 'sandfleet' } },
  tokens: {
    issuer: 'https://issuer.example.com',
    ttlSeconds: 60,
    maxTtlSeconds: 600,
    ticketTtlSeconds: 10,
    sessionTtlSeconds: 120,
  },
  operator: { ...scheduling, replicas: 2, denyCIDRs: ['203.0.113.0/24', '2001:db8::/32'], concurrency: 16 },
  api: {
    ...scheduling,
    replicas: 2,
    service: loadBalancer,
    ingress: {
      enabled: true,
      className: 'nginx',
      annotations: { 'example.com/timeout': '1h' },
      hosts: ['api.example.com'],
      tls: [{ hosts: ['api.example.com'], secretName: 'api-tls' }],
    },
  },
  gateway: {
    ...scheduling,
    replicas: 3,
    url: 'https://sandboxes.example.com',
    domain: 'sandboxes.example.com',
    pathMode: { pages: 'trusted' },
    service: { ...loadBalancer, nodePort: 30081 },
    ingress: { enabled: true, className: 'nginx', tls: [{ hosts: ['*.sandboxes.example.com'], secretName: 'wildcard' }] },
  },
  networkPolicy: { apiFrom: [peer], gatewayFrom: [peer, { ipBlock: { cidr: '203.0.113.0/24' } }], metricsFrom: [peer] },
  metrics: { serviceMonitor: { enabled: true, labels: { release: 'prometheus' } } },
};

/** The ways to install the chart that all tests go through. */
export const valueSets = {
  defaults: {},
  'one namespace': { watchNamespace: 'team-a' },
  "one namespace, the release's own": { watchNamespace: 'sandfleet-system' },
  'node ports': {
    image: { registry: 'localhost', tag: 'dev' },
    gateway: { url: 'http://192.0.2.10:30080', service: { type: 'NodePort', nodePort: 30080 } },
    api: { service: { type: 'NodePort', nodePort: 30081 } },
  },
  ingress: {
    gateway: { domain: 'sandboxes.example.com', ingress: { enabled: true } },
    api: { ingress: { enabled: true, hosts: ['api.example.com'] } },
  },
  'nothing optional': {
    crds: { install: false },
    rbac: { create: false },
    serviceAccount: { create: false },
    operator: { serviceAccountName: 'a', leaderElection: false },
    api: { serviceAccountName: 'b' },
    gateway: { serviceAccountName: 'c' },
    networkPolicy: { enabled: false },
  },
  everything,
} as const satisfies Record<string, Values>;

export type ValueSetName = keyof typeof valueSets;
export const valueSetNames = Object.keys(valueSets) as ValueSetName[];
