/** The names that every part of sandfleet agrees on. */
export const GROUP = 'sandfleet.dev';
export const VERSION = 'v1alpha1';

export const SANDBOX_KIND = 'Sandbox';
export const SANDBOX_PLURAL = 'sandboxes';

export const CONTAINER_NAME = 'sandbox';
export const RUNTIME_PORT = 8080;
export const RUNTIME_PORT_NAME = 'http';
export const HOME_DIRECTORY = '/home/gem';
export const RUNTIME_UID = 1000;

export const LABELS = {
  name: 'app.kubernetes.io/name',
  managedBy: 'app.kubernetes.io/managed-by',
  instance: 'app.kubernetes.io/instance',
  component: 'app.kubernetes.io/component',
  sandbox: `${GROUP}/sandbox`,
  sandboxUid: `${GROUP}/sandbox-uid`,
  network: `${GROUP}/network`,
  type: `${GROUP}/type`,
} as const;

export const ANNOTATIONS = {
  specHash: `${GROUP}/spec-hash`,
  podKey: `${GROUP}/pod-key`,
  metadata: `${GROUP}/metadata`,
  egress: `${GROUP}/egress`,
} as const;

export const APP_NAME = 'sandfleet';
export const SANDBOX_APP_NAME = 'sandfleet-sandbox';

/** Keys of the ConfigMap that publishes the public halves of the signing keys. */
export const PUBLIC_KEYS = {
  sandboxTokensJwks: 'sandbox-tokens.jwks.json',
  podTokensJwks: 'pod-tokens.jwks.json',
  podTokensKid: 'pod-tokens.kid',
  podTokensPem: 'pod-tokens.pem',
} as const;
