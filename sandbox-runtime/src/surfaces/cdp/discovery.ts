import { ApiError } from '@sandfleet/contract';

import type { Outside } from '../carry/outside.ts';

/** One target of DevTools, or what it says of the browser: flat JSON, of which only URLs are changed. */
export type Description = Readonly<Record<string, unknown>>;

/** Where DevTools sockets are from outside: under the sandbox's root, or under its /cdp when that was asked. */
export interface SocketPlace {
  readonly outside: Outside;
  readonly base: '' | '/cdp';
}

const SOCKET = /^wss?:\/\/[^/]*(\/devtools\/(?:browser|page)\/[\w-]{1,128})$/i;

/** The description with the URL of its socket as the caller reaches it. The pages of DevTools themselves are not offered. */
export function describeOutside(description: Description, { outside, base }: SocketPlace): Description {
  const { webSocketDebuggerUrl: inner, devtoolsFrontendUrl: _, devtoolsFrontendUrlCompat: __, ...rest } = description;
  const path = typeof inner === 'string' ? SOCKET.exec(inner)?.[1] : undefined;
  if (path === undefined) return rest;
  const scheme = outside.scheme === 'https' ? 'wss' : 'ws';
  return { ...rest, webSocketDebuggerUrl: `${scheme}://${outside.host}${outside.prefix}${base}${path}` };
}

/** The same for whatever DevTools answered: one description or a list of them. */
export function answerOutside(answer: unknown, place: SocketPlace): unknown {
  if (Array.isArray(answer)) return answer.map((item) => answerOutside(item, place));
  if (typeof answer !== 'object' || answer === null) return answer;
  // An object of JSON has names and values.
  return describeOutside(answer as Description, place);
}

/** The id that this run of the browser goes by; every start makes another. */
export function browserIdOf(version: unknown): string {
  const url =
    typeof version === 'object' && version !== null && 'webSocketDebuggerUrl' in version ? version.webSocketDebuggerUrl : '';
  const [, id] = /\/devtools\/browser\/([\w-]{1,128})$/.exec(typeof url === 'string' ? url : '') ?? [];
  if (id === undefined)
    throw new ApiError('UPSTREAM_FAILED', { message: 'The browser did not say how its DevTools are reached.' });
  return id;
}
