import { KubeError } from '@sandfleet/kube';
import { describe, expect, it } from 'vitest';

import { toLocation } from './field-location.ts';
import { toCreateError, toUnavailable } from './kube-refusal.ts';

const attempt = { name: 'demo', namespace: 'team-a', env: ['A', 'LD_PRELOAD'] };
const invalid = (field: string, message: string) =>
  new KubeError({
    status: 422,
    reason: 'Invalid',
    message: 'refused',
    details: { causes: [{ reason: 'FieldValueInvalid', field, message }] },
  });

describe('toLocation()', () => {
  it.for([
    ['spec.env[1].name', ['env', 'LD_PRELOAD']],
    ['spec.env[7].value', ['env', 7]],
    ['spec.resources.limits[memory]', ['resources', 'limits', 'memory']],
    ['spec.network.egress.cidrs[0]', ['network', 'egress', 'cidrs', 0]],
    ['metadata.name', ['name']],
    ['metadata.annotations', ['metadata']],
    ['<nil>', []],
    ['', []],
  ] as const)('finds %s in the request', ([field, location]) => {
    expect(toLocation(field, attempt.env)).toEqual(location);
  });
});

describe('toCreateError()', () => {
  it.for([
    [
      'a rule of the kind',
      invalid('spec.env[1].name', 'Invalid value: "string": this name in spec.env is reserved; choose another'),
      ['body', 'env', 'LD_PRELOAD'],
      'this name in spec.env is reserved; choose another',
    ],
    [
      'a value with quotes in it',
      invalid('spec.image', String.raw`Invalid value: "a \"b\": c": spec.image must be an image reference`),
      ['body', 'image'],
      'spec.image must be an image reference',
    ],
    [
      'a forbidden field',
      invalid('spec.lifetime', 'Forbidden: spec.lifetime is not supported'),
      ['body', 'lifetime'],
      'spec.lifetime is not supported',
    ],
    ['a sentence without a prefix', invalid('spec.env', 'must be short'), ['body', 'env'], 'must be short'],
  ] as const)('hands on %s', ([, error, location, message]) => {
    expect(toCreateError(error, attempt)).toMatchObject({
      code: 'VALIDATION_FAILED',
      status: 422,
      fields: [{ location, message }],
    });
  });

  const quota =
    'create Sandbox "team-a/demo": sandboxes.sandfleet.dev "demo" is forbidden: exceeded quota: few, requested: count/sandboxes.sandfleet.dev=1, used: count/sandboxes.sandfleet.dev=2, limited: count/sandboxes.sandfleet.dev=2';
  const rbac = 'sandboxes.sandfleet.dev is forbidden: User "system:serviceaccount:x:y" cannot create resource "sandboxes"';
  const policy = "sandboxes is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: only small ones";
  it.for([
    [{ status: 409, reason: 'AlreadyExists', message: '' }, 'NAME_TAKEN', 'The name demo is taken.'],
    [{ status: 409, reason: 'Conflict', message: '' }, 'CONFLICT', /same moment/],
    [
      { status: 403, reason: 'Forbidden', message: quota },
      'QUOTA_EXCEEDED',
      /quota few .* in use count\/sandboxes.sandfleet.dev=2/,
    ],
    [{ status: 403, reason: 'Forbidden', message: rbac }, 'INTERNAL', /administrator/],
    [{ status: 403, reason: 'Forbidden', message: policy }, 'FORBIDDEN', /only small ones/],
    [
      { status: 403, reason: 'Forbidden', message: 'x', details: { causes: [{ reason: 'NamespaceTerminating' }] } },
      'CONFLICT',
      /being deleted/,
    ],
    [{ status: 404, reason: 'NotFound', message: 'namespaces "team-a" not found' }, 'NOT_FOUND', /namespace team-a/],
    [{ status: 413, reason: 'RequestEntityTooLarge', message: '' }, 'PAYLOAD_TOO_LARGE', /too large/],
    [{ status: 0, reason: 'ConnectionFailed', message: 'ECONNREFUSED 10.0.0.1' }, 'KUBERNETES_UNAVAILABLE', /did not take/],
    [{ status: 429, reason: 'TooManyRequests', message: '', retryAfterSeconds: 7 }, 'KUBERNETES_UNAVAILABLE', /did not take/],
    [{ status: 500, reason: 'InternalError', message: 'etcdserver: timeout' }, 'KUBERNETES_UNAVAILABLE', /did not take/],
  ] as const)('says of %o: %s', ([options, code, message]) => {
    expect(toCreateError(new KubeError(options), attempt)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('shows neither users nor addresses of the cluster', () => {
    for (const message of [rbac, 'connect ECONNREFUSED 10.0.0.1:6443']) {
      const shown = toCreateError(new KubeError({ status: 403, reason: 'Forbidden', message }), attempt) as Error;
      expect(shown.message).not.toMatch(/serviceaccount|10\.0\.0\.1/);
    }
  });

  it('leaves other errors as they are', () => {
    const bug = new TypeError('bug');
    expect([toCreateError(bug, attempt), toUnavailable(bug)]).toEqual([bug, bug]);
  });
});
