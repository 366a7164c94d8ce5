import { DEFAULT_RESOURCES, RESOURCE_NAMES, type ResourceName, type Resources } from '@sandfleet/crds';

import { compareQuantities } from '../../quantity.ts';

type ResourceList = Readonly<Record<ResourceName, string>>;

export interface PodResources {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

/** Requests and limits are always both set; a default gives way to what the user chose for the other of the two. */
export function podResources(chosen: Resources = {}): PodResources {
  const each = RESOURCE_NAMES.map((name) => [name, requestAndLimit(chosen, name)] as const);
  return {
    requests: Object.fromEntries(each.map(([name, { request }]) => [name, request])) as ResourceList,
    limits: Object.fromEntries(each.map(([name, { limit }]) => [name, limit])) as ResourceList,
  };
}

function requestAndLimit(chosen: Resources, name: ResourceName): { request: string; limit: string } {
  const request = text(chosen.requests?.[name]);
  const limit = text(chosen.limits?.[name]);
  return {
    request: request ?? lower(DEFAULT_RESOURCES.requests[name], limit),
    limit: limit ?? higher(DEFAULT_RESOURCES.limits[name], request),
  };
}

const text = (quantity: string | number | undefined): string | undefined =>
  quantity === undefined ? undefined : String(quantity);

const lower = (value: string, other: string | undefined): string =>
  other !== undefined && compareQuantities(other, value) < 0 ? other : value;

const higher = (value: string, other: string | undefined): string =>
  other !== undefined && compareQuantities(other, value) > 0 ? other : value;
