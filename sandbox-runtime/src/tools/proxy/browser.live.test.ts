import { createServer } from 'node:http';

import { chromium, type Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';

import { proxyFlags } from '../../services/browser/proxy-flags.ts';
import { listen, testProxy } from './fixtures.ts';
import { createMapping, parseSource, parseTarget } from './mapping.ts';

const CHROMIUM = '/usr/lib/chromium/chromium';

async function site() {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<title>${request.headers.host}</title>${request.url}`);
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 1024,
    perMessageDeflate: false,
    clientTracking: false,
    autoPong: true,
  });
  server.on('upgrade', (request, stream, head) =>
    sockets.handleUpgrade(request, stream, head, (socket: WebSocket) => socket.send(`for ${request.headers.host}`)),
  );
  return listen(server);
}

async function withPage(port: number, use: (page: Page) => Promise<void>): Promise<void> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', ...proxyFlags(port)];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  try {
    await use(await browser.newPage());
  } finally {
    await browser.close();
  }
}

/** What a page hears first on a WebSocket. */
const firstMessage = (url: string) => `new Promise((resolve) => {
  const socket = new WebSocket(${JSON.stringify(url)});
  socket.onmessage = ({ data }) => resolve(data);
  socket.onerror = () => resolve('failed');
})`;

describe('Chromium with proxyFlags()', () => {
  it('opens loopback pages itself, and nothing else', async () => {
    await using server = await site();
    // Nothing listens on port 1.
    await withPage(1, async (page) => {
      for (const host of ['localhost', '127.0.0.1', 'a.localhost']) {
        await page.goto(`http://${host}:${server.port}/direct`);
        expect(await page.title()).toBe(`${host}:${server.port}`);
      }
      await expect(page.goto('http://app.test/')).rejects.toThrow('ERR_PROXY_CONNECTION_FAILED');
    });
  });

  it('sees a mapping from its next request on, WebSockets too', async () => {
    await using server = await site();
    await using proxy = await testProxy();
    await withPage(proxy.port, async (page) => {
      expect((await page.goto('http://app.test/before'))?.status()).toBe(502);
      const source = parseSource('app.test');
      const target = parseTarget(`${server.port}`);
      if (source !== undefined && target !== undefined) proxy.rules.setMapping(createMapping(source, target, ''));
      expect((await page.goto('http://app.test/after'))?.status()).toBe(200);
      expect([await page.title(), await page.textContent('body')]).toEqual(['app.test', '/after']);
      expect(await page.evaluate(firstMessage('ws://app.test/socket'))).toBe('for app.test');
    });
  });

  it('can’t be led to the ports of the sandbox by a name', async () => {
    await using server = await site();
    await using proxy = await testProxy({ own: [server.port], map: [`own.test=${server.port}`] });
    await withPage(proxy.port, async (page) => {
      expect((await page.goto('http://own.test/'))?.status()).toBe(403);
      expect(await page.evaluate(firstMessage('ws://own.test/'))).toBe('failed');
      expect(server.sockets.size).toBe(0);
    });
  });
});
