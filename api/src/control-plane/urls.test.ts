import { describe, expect, it } from 'vitest';

import { ticketUrl, urlsOf } from './urls.ts';

const byPath = { url: 'http://gateway.example:30080' };
const bySubdomain = { url: 'https://gateway.example:8443', domain: 'sandboxes.example' };

describe('urlsOf()', () => {
  it('lists every surface under the path of the sandbox', () => {
    expect(urlsOf(byPath, 'demo')).toEqual({
      base: 'http://gateway.example:30080/s/demo/',
      surfaces: {
        rest: 'http://gateway.example:30080/s/demo',
        mcp: 'http://gateway.example:30080/s/demo/mcp',
        cdp: 'http://gateway.example:30080/s/demo/cdp',
        vnc: 'http://gateway.example:30080/s/demo/vnc/index.html?autoconnect=true&resize=scale',
        codeServer: 'http://gateway.example:30080/s/demo/code-server/',
        jupyter: 'http://gateway.example:30080/s/demo/jupyter/',
        terminal: 'http://gateway.example:30080/s/demo/terminal',
        preview: 'http://gateway.example:30080/s/demo/proxy/{port}/',
      },
    });
  });

  it('lists every surface under the host of the sandbox', () => {
    const urls = urlsOf(bySubdomain, 'demo');
    expect(urls?.base).toBe('https://demo.sandboxes.example:8443/');
    expect(urls?.surfaces.rest).toBe('https://demo.sandboxes.example:8443');
    expect(urls?.surfaces.terminal).toBe('https://demo.sandboxes.example:8443/terminal');
    expect(urls?.surfaces.preview).toBe('https://{port}-demo.sandboxes.example:8443/');
  });

  it('keeps a path that the gateway is mounted under', () => {
    expect(urlsOf({ url: 'https://one.example/sandfleet/' }, 'demo')?.surfaces.mcp).toBe(
      'https://one.example/sandfleet/s/demo/mcp',
    );
  });

  it('gives none where the gateway has no public address', () => {
    expect(urlsOf({}, 'demo')).toBeUndefined();
    expect(urlsOf({ url: '', domain: '' }, 'demo')).toBeUndefined();
  });
});

describe('ticketUrl()', () => {
  it.for([
    [byPath, { surface: 'rest' }, 'http://gateway.example:30080/s/demo/?ticket=T'],
    [byPath, { surface: 'vnc' }, 'http://gateway.example:30080/s/demo/vnc/index.html?autoconnect=true&resize=scale&ticket=T'],
    [byPath, { surface: 'preview', port: 3000 }, 'http://gateway.example:30080/s/demo/proxy/3000/?ticket=T'],
    [bySubdomain, { surface: 'terminal' }, 'https://demo.sandboxes.example:8443/terminal?ticket=T'],
    [bySubdomain, { surface: 'preview', port: 3000 }, 'https://3000-demo.sandboxes.example:8443/?ticket=T'],
  ] as const)('puts the ticket into the URL of its surface', ([gateway, target, expected]) => {
    const urls = urlsOf(gateway, 'demo');
    expect(urls && ticketUrl(urls, target, 'T')).toBe(expected);
  });
});
