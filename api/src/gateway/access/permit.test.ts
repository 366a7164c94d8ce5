import { ApiError } from '@sandfleet/contract';
import type { Surface } from '@sandfleet/contract/control-plane';
import { describe, expect, it } from 'vitest';

import { surfaceOf } from '../request/surface.ts';
import { requirePermission, type Permit } from './permit.ts';

const permit = (surfaces: readonly Surface[], rest: Partial<Permit> = {}): Permit => ({
  kind: 'token',
  sandboxUid: 'u',
  sandboxName: 'a',
  principal: 'apikey:ci',
  surfaces: new Set(surfaces),
  mode: 'control',
  port: undefined,
  keyId: 'k1',
  issuedAt: 0,
  expiresAt: 1,
  ...rest,
});
const get = { method: 'GET', isUpgrade: false };
const post = { method: 'POST', isUpgrade: false };
const socket = { method: 'GET', isUpgrade: true };
const view = { mode: 'view' } as const;
const port = (port: number) => ({ kind: 'ticket', port }) as const;

describe('requirePermission()', () => {
  const cases = [
    ['a rest token on REST', permit(['rest']), '/v1/shell/exec', post, true],
    ['a rest token on the terminal', permit(['rest']), '/v1/shell/ws', socket, false],
    ['a rest token on MCP', permit(['rest']), '/mcp', post, false],
    ['a rest token on the debugger', permit(['rest']), '/json/version', get, false],
    ['a rest token on a preview', permit(['rest']), '/proxy/3000/', get, false],
    ['a debugger ticket on REST', permit(['cdp']), '/v1/shell/exec', post, false],
    ['a debugger ticket on the debugger', permit(['cdp']), '/cdp', socket, true],
    ['a token without any surface', permit([]), '/', get, false],
    ['a preview token on any port', permit(['preview']), '/proxy/3000/', post, true],
    ['a preview token on the sandbox’s own port', permit(['preview']), '/proxy/8080/v1/shell/exec', post, false],
    ['a preview token on the debugger’s port', permit(['preview']), '/proxy/9222/json', get, false],
    ['a preview token on Jupyter’s port', permit(['preview']), '/absproxy/8888/', get, false],
    ['a preview and debugger token on the debugger’s port', permit(['preview', 'cdp']), '/proxy/9222/json', get, true],
    ['a ticket for port 3000 on it', permit(['preview'], port(3000)), '/proxy/3000/x', get, true],
    ['a ticket for port 3000 on 9222', permit(['preview'], port(3000)), '/proxy/9222/json', get, false],
    ['a ticket for port 8080', permit(['preview'], port(8080)), '/proxy/8080/', get, false],
    ['a ticket for port 3000 on a port that is none', permit(['preview'], port(3000)), '/proxy/03000/', get, false],
    ['a viewer on the screen', permit(['vnc'], view), '/vnc/index.html', get, true],
    ['a viewer on the socket of the screen', permit(['vnc'], view), '/websockify', socket, true],
    ['a viewer on a shell', permit(['terminal'], view), '/v1/shell/ws', socket, false],
    ['a viewer that posts', permit(['rest'], view), '/v1/shell/exec', post, false],
    ['a viewer that deletes', permit(['rest'], view), '/v1/x', { method: 'DELETE', isUpgrade: false }, false],
    ['a viewer with a method of his own', permit(['rest'], view), '/v1/x', { method: 'PROPFIND', isUpgrade: false }, false],
    ['a viewer that reads', permit(['rest'], view), '/v1/sandbox', get, true],
    ['a viewer on the debugger, which acts on GET', permit(['cdp'], view), '/json/close/1', get, false],
    ['a viewer on the socket of a preview', permit(['preview'], { ...view, port: 3000 }), '/proxy/3000/ws', socket, false],
    ['a viewer on a notebook’s socket', permit(['jupyter'], view), '/jupyter/api/kernels/1/channels', socket, false],
  ] as const;
  const codeOf = (check: () => void): string | undefined => {
    try {
      check();
      return undefined;
    } catch (error) {
      return error instanceof ApiError ? error.code : String(error);
    }
  };
  it.for(cases)('%s: %o %s', ([, holder, path, action, isAllowed]) => {
    const code = codeOf(() => requirePermission(holder, surfaceOf(path), action));
    expect(isAllowed ? [undefined] : ['SCOPE_MISSING', 'BAD_PATH']).toContain(code);
  });
});
