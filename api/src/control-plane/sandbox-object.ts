import { ApiError, type FieldError } from '@sandfleet/contract';
import type { CreateSandbox } from '@sandfleet/contract/control-plane';
import { ANNOTATIONS, SANDBOX_API_VERSION, SANDBOX_KIND, type Sandbox, type SandboxSpec } from '@sandfleet/crds';

export const DEFAULT_TEMPLATE = 'default';

/** What is sent to the API server: whatever is left out gets its default there. */
export type SandboxIntent = Omit<Sandbox, 'spec' | 'metadata'> & {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly annotations?: Record<string, string> };
  readonly spec: Partial<Omit<SandboxSpec, 'network' | 'workspace'>> & { network?: unknown; workspace?: unknown };
};

/**
 * Makes the Sandbox that a request asks for, field by field: what the request holds beyond these never reaches the cluster.
 *
 * @throws ApiError VALIDATION_FAILED for what this version does not support.
 */
export function toSandboxObject(body: CreateSandbox, { name, namespace }: { name: string; namespace: string }): SandboxIntent {
  refuseUnsupported(body);
  const { image, resources, env, network, workspace, metadata } = body;
  return {
    apiVersion: SANDBOX_API_VERSION,
    kind: SANDBOX_KIND,
    metadata: {
      name,
      namespace,
      ...(metadata === undefined ? {} : { annotations: { [ANNOTATIONS.metadata]: JSON.stringify(metadata) } }),
    },
    spec: {
      ...(image === undefined ? {} : { image }),
      ...(resources === undefined ? {} : { resources }),
      ...(env === undefined ? {} : { env: Object.entries(env).map(([name, value]) => ({ name, value })) }),
      ...(network === undefined ? {} : { network }),
      ...(workspace === undefined ? {} : { workspace }),
    },
  };
}

function refuseUnsupported({ template, lifetime, ports }: CreateSandbox): void {
  const fields: FieldError[] = [];
  const refuse = (field: string, message: string) => fields.push({ location: ['body', field], message, rule: 'unsupported' });
  if (template !== undefined && template !== DEFAULT_TEMPLATE)
    refuse('template', 'names a template that is not there: this version knows "default" alone; leave it out');
  if (lifetime !== undefined)
    refuse('lifetime', 'is not supported by this version yet; leave it out and delete the sandbox when done');
  if (ports !== undefined)
    refuse('ports', "is not supported by this version yet; leave it out and reach any port through the sandbox's preview URL");
  const [first] = fields;
  if (first !== undefined)
    throw new ApiError('VALIDATION_FAILED', { message: `${first.location.join('.')} ${first.message}`, fields });
}
