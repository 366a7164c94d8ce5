/** Bounds of a Sandbox that the API server enforces and that other doors (REST, command line) share. */
export const SANDBOX_LIMITS = {
  nameLength: 63,
  imageLength: 512,
  envEntries: 100,
  envNameLength: 256,
  envValueLength: 32_768,
  envTotalBytes: 524_288,
  cidrs: 64,
  cidrLength: 49,
  domains: 64,
  ports: 32,
} as const;

/** A DNS label; one that begins with digits and a dash would read as the port prefix of a sandbox's host name. */
export const SANDBOX_NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
export const PORT_PREFIX_PATTERN = '^[0-9]+-';

export const ENV_NAME_PATTERN = '^[A-Za-z_][A-Za-z0-9_]*$';
export const IMAGE_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:/@-]*$';
export const DNS_SUBDOMAIN_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

/**
 * Variables that sandfleet, Kubernetes or the dynamic loader read: a sandbox that set them could pass for another, or could
 * not start.
 */
export const RESERVED_ENV_NAMES = ['JWT_PUBLIC_KEY', 'PUBLIC_PORT', 'WORKSPACE', 'HOME', 'NODE_OPTIONS'] as const;
export const RESERVED_ENV_PREFIXES = ['SANDFLEET_', 'KUBERNETES_', 'LD_'] as const;

export function isReservedEnvName(name: string): boolean {
  return (
    (RESERVED_ENV_NAMES as readonly string[]).includes(name) || RESERVED_ENV_PREFIXES.some((prefix) => name.startsWith(prefix))
  );
}

export const RESOURCE_NAMES = ['cpu', 'memory', 'ephemeral-storage'] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** What a sandbox gets when its spec names nothing; the default template. */
export const DEFAULT_RESOURCES = {
  requests: { cpu: '100m', memory: '256Mi', 'ephemeral-storage': '256Mi' },
  limits: { cpu: '2', memory: '2Gi', 'ephemeral-storage': '8Gi' },
} as const;

export const DEFAULT_WORKSPACE_SIZE = '10Gi';
