import { Type } from 'typebox';

import { defineContract } from '../operation.ts';
import { CreateTicket, CreateToken, TicketView, TokenView, UrlsView } from './access.ts';
import { CreateSandbox, REST_LIMITS, SandboxPage, SandboxView } from './sandbox.ts';

const ById = Type.Object({ id: Type.String({ description: 'Id of the sandbox.', minLength: 1, maxLength: 253 }) });

const Page = Type.Object(
  {
    limit: Type.Integer({ description: 'Items of a page.', minimum: 1, maximum: REST_LIMITS.pageSize, default: 50 }),
    cursor: Type.Optional(Type.String({ description: '`nextCursor` of the page before.', minLength: 1, maxLength: 256 })),
  },
  { additionalProperties: false },
);

const Jwks = Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) });
const Version = Type.Object({ name: Type.String(), version: Type.String() });

/** Every operation of the control plane. */
export const controlPlane = defineContract({
  createSandbox: {
    method: 'POST',
    path: '/v1/sandboxes',
    tag: 'sandboxes',
    summary: 'Create a sandbox',
    description:
      'Answers as soon as the sandbox is accepted, or, with `wait`, when it is ready or the wait is over. A hung-up wait leaves the sandbox.',
    body: CreateSandbox,
    bodyOptional: true,
    status: 201,
    response: SandboxView,
    errors: ['NAME_TAKEN', 'QUOTA_EXCEEDED', 'VALIDATION_FAILED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
  },
  listSandboxes: {
    method: 'GET',
    path: '/v1/sandboxes',
    tag: 'sandboxes',
    summary: "List the sandboxes of the key's namespace, oldest first",
    querystring: Page,
    response: SandboxPage,
    errors: ['VALIDATION_FAILED'],
  },
  getSandbox: {
    method: 'GET',
    path: '/v1/sandboxes/{id}',
    tag: 'sandboxes',
    summary: 'Read a sandbox',
    params: ById,
    response: SandboxView,
    errors: ['SANDBOX_NOT_FOUND'],
  },
  deleteSandbox: {
    method: 'DELETE',
    path: '/v1/sandboxes/{id}',
    tag: 'sandboxes',
    summary: 'Delete a sandbox',
    params: ById,
    status: 204,
    errors: ['SANDBOX_NOT_FOUND', 'CONFLICT'],
  },
  createToken: {
    method: 'POST',
    path: '/v1/sandboxes/{id}/tokens',
    tag: 'access',
    summary: 'Issue a token for one sandbox',
    params: ById,
    body: CreateToken,
    bodyOptional: true,
    status: 201,
    response: TokenView,
    errors: ['SANDBOX_NOT_FOUND', 'VALIDATION_FAILED', 'NOT_READY'],
  },
  createTicket: {
    method: 'POST',
    path: '/v1/sandboxes/{id}/tickets',
    tag: 'access',
    summary: 'Issue a ticket that a browser opens one surface with, once',
    params: ById,
    body: CreateTicket,
    status: 201,
    response: TicketView,
    errors: ['SANDBOX_NOT_FOUND', 'VALIDATION_FAILED', 'NOT_READY'],
  },
  getUrls: {
    method: 'GET',
    path: '/v1/sandboxes/{id}/urls',
    tag: 'access',
    summary: "List the URLs of a sandbox's surfaces",
    params: ById,
    response: UrlsView,
    errors: ['SANDBOX_NOT_FOUND', 'NOT_READY'],
  },
  getJwks: {
    method: 'GET',
    path: '/.well-known/jwks.json',
    tag: 'server',
    summary: 'Public keys that sandbox tokens are verified with',
    response: Jwks,
    errors: ['NOT_READY'],
    open: true,
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    tag: 'server',
    summary: 'This document',
    response: Type.Record(Type.String(), Type.Unknown()),
    open: true,
  },
  getHealth: {
    method: 'GET',
    path: '/healthz',
    tag: 'server',
    summary: 'Whether the server lives',
    produces: 'text/plain',
    open: true,
  },
  getReadiness: {
    method: 'GET',
    path: '/readyz',
    tag: 'server',
    summary: 'Whether the server can serve: keys loaded, caches filled',
    produces: 'text/plain',
    open: true,
  },
  getVersion: { method: 'GET', path: '/version', tag: 'server', summary: 'Version of the server', response: Version, open: true },
});
export type ControlPlane = typeof controlPlane;
