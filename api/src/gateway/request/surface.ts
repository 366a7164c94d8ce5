import type { Surface } from '@sandfleet/contract/control-plane';

import { portOf } from './address.ts';

/** What a request asks for. `port` is there for a preview alone; it is undefined where the path names none that is valid. */
export type Target =
  | { readonly surface: Exclude<Surface, 'preview'> }
  | { readonly surface: 'preview'; readonly port: number | undefined };

const target = (surface: Exclude<Surface, 'preview'>): Target => ({ surface });
const REST = target('rest');
const MCP = target('mcp');
const TERMINAL = target('terminal');

const BY_FIRST_SEGMENT: ReadonlyMap<string, Target> = new Map([
  ['mcp', MCP],
  ['cdp', target('cdp')],
  ['json', target('cdp')],
  ['devtools', target('cdp')],
  ['vnc', target('vnc')],
  ['vnc.html', target('vnc')],
  ['websockify', target('vnc')],
  ['code-server', target('codeServer')],
  ['jupyter', target('jupyter')],
  ['terminal', TERMINAL],
  ['codex', TERMINAL],
  ['opencode', TERMINAL],
  // The assets of the terminal's page, and of nothing else.
  ['static', TERMINAL],
]);

/** The surface that a path of the sandbox belongs to, in whatever case it is written. What no other surface claims is `rest`. */
export function surfaceOf(text: string): Target {
  const path = text.toLowerCase();
  const slash = path.indexOf('/', 1);
  const first = slash < 0 ? path.slice(1) : path.slice(1, slash);
  if (first === 'v1') return slash < 0 ? REST : versioned(path.slice(slash));
  if (first === 'proxy' || first === 'absproxy') return slash < 0 ? REST : preview(path.slice(slash + 1));
  return BY_FIRST_SEGMENT.get(first) ?? REST;
}

function versioned(path: string): Target {
  if (isUnder(path, '/mcp')) return MCP;
  if (isUnder(path, '/shell/ws')) return TERMINAL;
  return REST;
}

function preview(rest: string): Target {
  const slash = rest.indexOf('/');
  const text = slash < 0 ? rest : rest.slice(0, slash);
  return text === '' ? REST : { surface: 'preview', port: portOf(text) };
}

function isUnder(path: string, folder: string): boolean {
  return path.startsWith(folder) && (path.length === folder.length || path[folder.length] === '/');
}

export function isSameTarget(a: Target, b: Target): boolean {
  if (a.surface !== b.surface) return false;
  return a.surface !== 'preview' || b.surface !== 'preview' || a.port === b.port;
}
