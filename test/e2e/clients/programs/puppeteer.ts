import { connect, type ConnectOptions } from 'puppeteer-core';

import { isPng, PAGE } from './page.ts';
import { givenSandbox, tell } from './sandbox.ts';

const { url, headers } = givenSandbox();
const { CDP_TICKET_URL: ticketUrl } = process.env;

/** Its `browserURL` drops the path and sends no header, so what that would read is read here. */
async function webSocketDebuggerUrl(): Promise<string> {
  const answer = await fetch(`${url}/json/version`, { headers });
  // DevTools' own form; the connection shows whether it is one.
  return ((await answer.json()) as { readonly webSocketDebuggerUrl: string }).webSocketDebuggerUrl;
}

const WAYS: Readonly<Record<string, ConnectOptions>> = {
  discovered: { browserWSEndpoint: await webSocketDebuggerUrl(), headers },
  direct: { browserWSEndpoint: `${url.replace(/^http/, 'ws')}/cdp`, headers },
  ...(ticketUrl === undefined ? {} : { ticket: { browserWSEndpoint: ticketUrl.replace(/^http/, 'ws') } }),
};

async function drive(options: ConnectOptions): Promise<unknown> {
  // The viewport is the sandbox's, which people look at too. No answer is late on a busy machine.
  const browser = await connect({ ...options, defaultViewport: null, protocolTimeout: 0 });
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(PAGE);
  await page.type('#a', 'from afar');
  const answer = await page.$eval('#b', ({ textContent }) => textContent);
  const isPicture = isPng(await page.screenshot());
  await page.close();
  await browser.disconnect();
  return { answer, isPicture };
}

const seen: Record<string, unknown> = {};
for (const [way, options] of Object.entries(WAYS)) seen[way] = await drive(options);
tell(seen);
