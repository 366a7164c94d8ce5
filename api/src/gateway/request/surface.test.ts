import { describe, expect, it } from 'vitest';

import { isSameTarget, surfaceOf } from './surface.ts';

describe('surfaceOf()', () => {
  const paths: readonly (readonly [string, string])[] = [
    ['/', 'rest'],
    ['/index.html', 'rest'],
    ['/v1', 'rest'],
    ['/v1/sandbox', 'rest'],
    ['/v1/shell/exec', 'rest'],
    ['/v1/shell/wsx', 'rest'],
    ['/v1/jupyter/execute', 'rest'],
    ['/v1/browser/info', 'rest'],
    ['/tickets', 'rest'],
    ['/v1/shell/ws', 'terminal'],
    ['/v1/shell/ws/', 'terminal'],
    ['/V1/Shell/WS', 'terminal'],
    ['/terminal', 'terminal'],
    ['/codex', 'terminal'],
    ['/opencode', 'terminal'],
    ['/static/sandbox/xterm@5.3.0/lib/xterm.js', 'terminal'],
    ['/mcp', 'mcp'],
    ['/v1/mcp', 'mcp'],
    ['/v1/mcp/servers', 'mcp'],
    ['/cdp', 'cdp'],
    ['/cdp/json/version', 'cdp'],
    ['/json/version/', 'cdp'],
    ['/devtools/browser/1', 'cdp'],
    ['/vnc/index.html', 'vnc'],
    ['/VNC/index.html', 'vnc'],
    ['/vnc.html', 'vnc'],
    ['/websockify', 'vnc'],
    ['/websockifyx', 'rest'],
    ['/code-server/', 'codeServer'],
    ['/jupyter', 'jupyter'],
    ['/jupyter/lab', 'jupyter'],
    ['/proxy', 'rest'],
    ['/proxy/', 'rest'],
    ['/v1/proxy/mappings', 'rest'],
  ];
  it.for(paths)('puts %s under %s', ([path, surface]) => {
    expect(surfaceOf(path)).toEqual({ surface });
  });

  const previews: readonly (readonly [string, number | undefined])[] = [
    ['/proxy/3000', 3000],
    ['/proxy/3000/', 3000],
    ['/absproxy/65535/a/b', 65_535],
    ['/proxy/0/', undefined],
    ['/proxy/03000/', undefined],
    ['/proxy/65536/', undefined],
    ['/proxy/3000;x/', undefined],
    ['/proxy/localhost:3000/', undefined],
    ['/proxy/%33000/', undefined],
  ];
  it.for(previews)('reads the port of %s', ([path, port]) => {
    expect(surfaceOf(path)).toEqual({ surface: 'preview', port });
  });
});

describe('isSameTarget()', () => {
  it('compares the surface, and the port of a preview', () => {
    expect(isSameTarget(surfaceOf('/vnc/a'), surfaceOf('/websockify'))).toBe(true);
    expect(isSameTarget(surfaceOf('/vnc/a'), surfaceOf('/terminal'))).toBe(false);
    expect(isSameTarget(surfaceOf('/proxy/1/'), surfaceOf('/absproxy/1/'))).toBe(true);
    expect(isSameTarget(surfaceOf('/proxy/1/'), surfaceOf('/proxy/2/'))).toBe(false);
    expect(isSameTarget(surfaceOf('/proxy/1/'), surfaceOf('/proxy/'))).toBe(false);
  });
});
