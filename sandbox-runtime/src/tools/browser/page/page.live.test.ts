import { createServer, type Server, type ServerResponse } from 'node:http';
import { resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { testRuntime, type TestRuntime } from '../../../fixtures.ts';

const DEVTOOLS = 24_130;
const MINUTES = 300_000;
const WAIT = { timeout: 60_000, interval: 50 };
const HOPS = 12;
/** Its Enter leaves for a row of documents that each go on to the next. */
const FORM = '<title>Form</title><form action=/hop><input name=at value=1 autofocus></form>';
const LIST = `<title>List</title><select onchange="location.href = '/form'"><option value=a>Ay<option value=b>Bee</select>`;
const hop = (at: number) =>
  at < HOPS ? `<title>Hop ${at}</title>hop<script>location.replace('/hop?at=${at + 1}')</script>` : '<title>End</title>the end';

/** Loads something, and gives itself another address meanwhile. */
const APPLICATION = `<title>Loads</title><script>
  fetch('/held').then(() => { document.title = 'Loaded'; });
  setTimeout(() => { history.pushState({}, '', '/elsewhere'); document.body.textContent = 'moved'; });
</script><body>`;

const PAGES: Readonly<Record<string, string>> = { '/list': LIST, '/application': APPLICATION };

let runtime: TestRuntime;
/** Answers that the site still owes. */
const held: ServerResponse[] = [];
let site: Server;
let origin = '';

const get = async (path: string) => (await runtime.call<unknown>('GET', `/v1/browser/page/${path}`)).body;
const post = async (path: string, body: object = {}) => (await runtime.post<unknown>(`/v1/browser/page/${path}`, body)).body;

beforeAll(async () => {
  site = createServer(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://site');
    response.setHeader('content-type', 'text/html');
    if (pathname === '/held') return void held.push(response);
    if (pathname === '/hop') return response.end(hop(Number(searchParams.get('at'))));
    return response.end(PAGES[pathname] ?? FORM);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const address = site.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  origin = `http://127.0.0.1:${address.port}`;
  runtime = await testRuntime({
    SANDFLEET_DISPLAY: '49',
    BROWSER_REMOTE_DEBUGGING_PORT: String(DEVTOOLS),
    SANDFLEET_DESKTOP_DIR: resolve(import.meta.dirname, '../../../../image/desktop'),
  });
}, MINUTES);

afterAll(async () => {
  await runtime?.[Symbol.asyncDispose]();
  site?.closeAllConnections();
  site?.close();
}, MINUTES);

describe('a page that goes to another document', { timeout: MINUTES }, () => {
  const looks: readonly (readonly [string, () => ReturnType<typeof get>])[] = [
    ['text', () => get('text')],
    ['html', () => get('html')],
    ['markdown', () => get('markdown')],
    ['elements', () => get('elements')],
    ['find_text', () => post('find_text', { keyword: 'e' })],
    ['evaluate', () => post('evaluate', { expression: 'document.title' })],
  ];

  it.for(looks)('is read all the same: %s', async ([, look]) => {
    for (let turn = 0; turn < 2; turn += 1) {
      await post('navigate', { url: `${origin}/form` });
      await post('click', { selector: 'input' });
      expect(await post('press_key', { key: 'Enter' })).toMatchObject({ success: true });
      const answers = [];
      for (let at = 0; at < 8; at += 1) answers.push(...(await Promise.all([look(), look()])));
      expect(answers.filter(({ success }) => !success)).toEqual([]);
    }
  });

  it('keeps code that changes something from running twice', async () => {
    await post('navigate', { url: `${origin}/form` });
    const expression = `localStorage.runs = Number(localStorage.runs ?? 0) + 1; location.href = '/form?again'; await new Promise((done) => setTimeout(done, 60_000))`;
    const { success, message } = await post('evaluate', { expression, timeout: 60 });
    expect([success, message]).toEqual([false, expect.stringContaining('is not run again')]);
    expect(await post('evaluate', { expression: 'localStorage.runs' })).toMatchObject({ data: '1' });
  });

  it('is told by what a list had that took it there', async () => {
    await post('navigate', { url: `${origin}/list` });
    const answer = await post('select_option', { selector: 'select', value: 'b', timeout: 20 });
    expect(answer).toMatchObject({ success: true, data: { selected: [{ value: 'b', label: 'Bee' }] } });
  });
});

describe('a page that is of no help', { timeout: MINUTES }, () => {
  it('keeps the network from being at rest while it loads, whatever it calls itself', async () => {
    await post('navigate', { url: `${origin}/application`, wait_until: 'domcontentloaded' });
    await post('wait', { type: 'function', expression: "document.body?.textContent === 'moved'" });
    expect(await post('wait', { type: 'network_idle', timeout: 2 })).toMatchObject({
      success: false,
      message: 'The network did not come to rest (1 requests under way) within 2 seconds.',
    });
    for (const response of held.splice(0)) response.end();
    expect(await post('wait', { type: 'network_idle' })).toMatchObject({ success: true });
    expect(await post('evaluate', { expression: 'document.title' })).toMatchObject({ data: 'Loaded' });
  });

  it('may throw texts of any length and form', async () => {
    await post('navigate', { url: `${origin}/form` });
    await post('evaluate', {
      expression: "setTimeout(() => { throw new Error('a'.repeat(300_000) + '\\n' + '1:'.repeat(150_000)) })",
    });
    await vi.waitFor(async () => {
      const { data } = await get('console');
      expect(data).toContainEqual(expect.objectContaining({ type: 'pageerror', url: '<anonymous>', line: 1 }));
    }, WAIT);
  });

  it('is told to be no place for a film before one is begun', async () => {
    for (const action of ['start', 'once'])
      expect(await post('record', { action, duration: 1, save_path: '/proc/film.mp4' })).toMatchObject({
        success: false,
        message: 'Cannot record /proc/film.mp4: no such file or directory',
      });
  });

  it('hangs, and what is said of it is that it hangs; rules are taken all the same', async () => {
    await post('evaluate', { expression: 'setTimeout(() => { for (;;); })' });
    expect((await runtime.call('GET', '/v1/browser/captcha/detect')).body).toMatchObject({
      success: false,
      message: 'The page does not say what is on it.',
    });
    const waited = await runtime.post('/v1/browser/captcha/wait', { timeout: 1, poll_interval: 0.1 });
    expect(waited.body).toMatchObject({ success: true, data: { resolved: false } });
    expect((await runtime.post('/v1/browser/network/route', { url_pattern: '**/none', abort: true })).body.success).toBe(true);
    expect((await runtime.post('/v1/browser/network/headers', { headers: { 'x-a': 'b' } })).body.success).toBe(true);
  });
});
